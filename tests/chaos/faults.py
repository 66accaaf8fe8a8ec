"""Everything that is done to a running stage. Each returns when what it broke runs again."""

import signal
import time
from collections.abc import Callable, Mapping
from functools import partial
from random import Random

from devstack.engines import Kafka, Postgres
from telemetry.fault_points import POINTS, Point
from tests.chaos.stage import Stage
from tests.chaos.workers import Worker

Fault = Callable[[Stage, Random], float | None]
"""Strikes; returns the seconds from then until a successor has stored, where one had to."""

_STOP_SECONDS = 10.0
_TIMES: Mapping[Point, int] = {"during_positions": 1, "during_revoke": 2}
"""How often to pass a point before it strikes, 1 to 3 where not named: the first thing that a
worker gives up is nothing, when it joins."""


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
    before = len(worker.exit_codes)
    worker.child.send(signal.SIGTERM)
    return stage.until(
        lambda: len(worker.exit_codes) > before, "stopped after SIGTERM", _STOP_SECONDS
    )


def pause_one(stage: Stage, random: Random) -> float:
    worker = random.choice(stage.workers)
    worker.child.send(signal.SIGSTOP)
    return _resume_after_takeover(stage, worker)


def away(engine: Kafka | Postgres, seconds: float = 0) -> Fault:
    """Kill an engine with -9 and start it again after so long."""

    def strike(stage: Stage, random: Random) -> None:
        del random
        engine.kill()
        over = time.monotonic() + seconds
        stage.until(lambda: time.monotonic() > over, "time for it to come back")
        engine.start()

    return strike


def kill_at(point: Point, stage: Stage, random: Random) -> float:
    victim = _armed(stage, random, point, "kill")
    before = len(victim.exit_codes)
    _provoke(stage, point, victim, lambda: len(victim.exit_codes) > before)
    return _takeover(stage)


def stop_at(point: Point, stage: Stage, random: Random) -> float:
    victim = _armed(stage, random, point, "stop")
    _provoke(stage, point, victim, lambda: victim.paused)
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
        "kill -9 the database": away(postgres),
        "kill -9 the broker": away(kafka),
        "the database away for 30 s": away(postgres, 30),
        "the broker away for 30 s": away(kafka, 30),
    }


def _armed(stage: Stage, random: Random, point: Point, action: str) -> Worker:
    victim = random.choice(stage.workers)
    times = _TIMES.get(point) or random.randint(1, 3)
    victim.arm(f"{point}:{action}:{times}")
    return victim


def _provoke(stage: Stage, point: Point, victim: Worker, struck: Callable[[], bool]) -> None:
    """Wait until the victim has struck itself; take partitions from it where that needs it."""
    if point == "during_revoke":
        stage.until(lambda: struck() or stage.is_whole(), "all workers at work")
        if not struck():
            others = [worker for worker in stage.workers if worker is not victim]
            for worker in others or [victim]:
                worker.child.send(signal.SIGTERM)
    stage.until(struck, f"struck at {point}")


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
