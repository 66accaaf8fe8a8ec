"""Everything that is done to a stage of all sinks. Each returns when what it broke runs again."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from random import Random

from devstack.engines import Kafka, Postgres
from devstack.engines.clickhouse import Clickhouse
from telemetry.fault_points import Point
from tests.chaos.sinks.stage import Role, SinksStage
from tests.chaos.workers import Worker
from tests.sinks.parquet.gateway import Gateway

Fault = Callable[[SinksStage, Random], None]
Server = Kafka | Postgres | Clickhouse | Gateway

_POINTS: Mapping[str, Sequence[Point]] = {
    "lines": ("during_copy", "before_commit", "before_live_tables"),
    "folder": ("during_positions", "before_commit", "before_live_tables"),
    "bucket": ("during_positions", "before_commit", "before_live_tables"),
    "lake": ("during_positions", "before_commit", "before_live_tables"),
    "columns": ("before_commit", "before_live_tables"),
}


def kill_workers(stage: SinksStage, random: Random) -> None:
    """Kill -9 every worker, each at a moment of its own."""
    workers = [*stage.workers, *(role.worker for role in stage.roles)]
    for worker in random.sample(workers, len(workers)):
        worker.child.kill()
        _for_a_moment(stage, random)


def kill_at_points(stage: SinksStage, random: Random) -> None:
    """Have the worker of every sink kill itself at a named point."""
    struck: list[tuple[Worker, int]] = []
    for role in stage.roles:
        point = random.choice(_POINTS[role.name])
        struck.append((role.worker, len(role.worker.exit_codes)))
        times = 1 if point == "during_positions" else random.randint(1, 6)
        role.worker.arm(f"{point}:kill:{times}")
    stage.until(
        lambda: all(len(worker.exit_codes) > before for worker, before in struck),
        "killed at its point",
    )


def freeze(stage: SinksStage, random: Random, point: Point | None = None) -> None:
    """SIGSTOP all sinks' workers past their session, while others take over; all is stored then."""
    overtake(stage, random, point)
    stage.await_sinks()
    for role in stage.roles:
        role.end_to_stand_in()


def overtake(stage: SinksStage, random: Random, point: Point | None = None) -> None:
    """Freeze all sinks' workers, at `point` or wherever they are; let them go on when overtaken."""
    with ThreadPoolExecutor() as pool:  # ending one takes seconds
        for role in stage.roles:
            if point is None:
                role.worker.pause()
            else:
                pool.submit(role.worker.arm, f"{point}:stop:{random.randint(1, 3)}")
    stage.until(lambda: all(role.worker.paused for role in stage.roles), "frozen")
    for role in stage.roles:
        role.begin_to_stand_in()
    over = time.monotonic() + stage.load.session_timeout_seconds + 1
    stage.until(
        lambda: time.monotonic() > over and all(map(Role.has_taken_over, stage.replaceable)),
        "taken over",
    )
    records = stage.truth.records + 2 * stage.load.events_per_second
    stage.until(lambda: stage.truth.records > records, "produced more")
    for role in stage.roles:
        role.worker.resume()


def kill_servers(servers: Sequence[Server], stage: SinksStage, random: Random) -> None:
    """Kill -9 servers, twice each, at random moments."""
    for server in random.sample([*servers, *servers], 2 * len(servers)):
        server.kill()
        _for_a_moment(stage, random)
        server.start()
        _for_a_moment(stage, random)


def kill_everything(servers: Sequence[Server], stage: SinksStage, random: Random) -> None:
    """Kill -9 all servers and all workers at once."""
    for server in servers:
        server.kill()
    kill_workers(stage, random)
    for server in servers:
        server.start()


def every(
    kafka: Kafka, postgres: Postgres, clickhouse: Clickhouse, s3: Gateway
) -> Mapping[str, Fault]:
    """Give all faults by their names."""
    own = (clickhouse, s3)
    return {
        "kill -9 all workers": kill_workers,
        "kill -9 at points": kill_at_points,
        "freeze all sinks' workers": freeze,
        "freeze them before commit": partial(freeze, point="before_commit"),
        "kill -9 ClickHouse and S3": partial(kill_servers, own),
        "kill -9 Kafka": partial(kill_servers, (kafka,)),
        "kill -9 PostgreSQL": partial(kill_servers, (postgres,)),
        "kill -9 everything": partial(kill_everything, (*own, postgres, kafka)),
    }


def _for_a_moment(stage: SinksStage, random: Random) -> None:
    over = time.monotonic() + random.uniform(0, 1.5)
    stage.until(lambda: time.monotonic() > over, "a moment later")
