"""Everything that is done to a running stage. Each returns when what it broke runs again."""

import signal
import time
from collections.abc import Callable, Mapping
from functools import partial
from random import Random

from app.engines import Kafka, Postgres
from telemetry.fault_points import POINTS, Point
from tests.chaos.stage import Stage
from tests.chaos.workers import Worker

Fault = Callable[[Stage, Random], float | None]
"""Strikes; returns the seconds from then until a successor has stored, where one had to."""

_STOP_SECONDS = 10.0
_BEFORE_REVOKE_OR_START: tuple[Point, ...] = ("during_revoke", "during_positions")


def kill_one(stage: Stage, random: Random) -> float:
    random.choice(stage.workers).child.kill()
    return _takeover(stage)


def kill_all(stage: Stage, random: Random) -> float:
    del random
    for worker in stage.workers:
        worker.child.kill()
    return _takeover(stage)


def terminate_one(stage: Stage, random: Random) -> float:
    worker = random.choice(stage.workers)
    terminate(stage, worker)
    return _takeover(stage)


def terminate(stage: Stage, worker: Worker) -> float:
    """SIGTERM; return how long it took to stop. Raises StuckError when that was too long."""
    before = len(worker.exits)
    worker.child.send(signal.SIGTERM)
    return stage.until(lambda: len(worker.exits) > before, "stopped after SIGTERM", _STOP_SECONDS)


def pause_one(stage: Stage, random: Random) -> float:
    worker = random.choice(stage.workers)
    worker.child.send(signal.SIGSTOP)
    return _resume_after_takeover(stage, worker)


def kill_engine(engine: Kafka | Postgres, stage: Stage, random: Random) -> None:
    del stage, random
    engine.kill()
    engine.start()


def kill_at(point: Point, stage: Stage, random: Random) -> float:
    victim = _armed(stage, random, point, "kill")
    before = len(victim.exits)
    _provoke(stage, point, victim)
    stage.until(lambda: len(victim.exits) > before, f"killed at {point}")
    return _takeover(stage)


def stop_at(point: Point, stage: Stage, random: Random) -> float:
    victim = _armed(stage, random, point, "stop")
    _provoke(stage, point, victim)
    stage.until(lambda: victim.paused, f"stopped at {point}")
    return _resume_after_takeover(stage, victim)


def of_workers() -> Mapping[str, Fault]:
    """Return the faults that need no engine of one's own, by name."""
    points = {f"{point}:kill": partial(kill_at, point) for point in POINTS}
    stops = {f"{point}:stop": partial(stop_at, point) for point in POINTS}
    return {
        "kill -9 one": kill_one,
        "kill -9 all": kill_all,
        "SIGTERM one": terminate_one,
        "SIGSTOP one": pause_one,
        **points,
        **stops,
    }


def of_engines(kafka: Kafka, postgres: Postgres) -> Mapping[str, Fault]:
    return {
        "kill -9 the database": partial(kill_engine, postgres),
        "kill -9 the broker": partial(kill_engine, kafka),
    }


def _armed(stage: Stage, random: Random, point: Point, action: str) -> Worker:
    victim = random.choice(stage.workers)
    times = 1 if point in _BEFORE_REVOKE_OR_START else random.randint(1, 3)
    victim.arm(f"{point}:{action}:{times}")
    return victim


def _provoke(stage: Stage, point: Point, victim: Worker) -> None:
    """Have partitions taken from the victim, where its point is on that way."""
    if point == "during_revoke":
        stage.await_every_worker()
        for worker in stage.workers:
            if worker is not victim:
                worker.child.send(signal.SIGTERM)


def _takeover(stage: Stage) -> float:
    """Wait until everything that is acknowledged now is stored; return how long that took."""
    return stage.await_stored(stage.truth.ends)


def _resume_after_takeover(stage: Stage, victim: Worker) -> float:
    """Let a stopped worker go on when its session is over and others have its partitions."""
    seconds = _takeover(stage)
    over = time.monotonic() + stage.load.session_timeout_seconds - seconds + 1
    stage.until(lambda: time.monotonic() > over, "past the session")
    victim.child.send(signal.SIGCONT)
    return seconds
