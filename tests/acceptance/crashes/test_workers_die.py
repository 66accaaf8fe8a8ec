"""Workers are killed, stopped and frozen while records flow: everything is counted, once.

And a successor takes over soon: the session timeout plus 5 s, until all that was acknowledged when
its predecessor died or froze is stored.
"""

from random import Random

import pytest

from telemetry.fault_points import POINTS, Point
from tests.chaos import faults
from tests.chaos.rounds import play
from tests.chaos.stage import Stage

pytestmark = pytest.mark.acceptance

AT_RANDOM_MOMENTS = ("kill -9 one", "kill -9 all", "SIGTERM one", "SIGSTOP one")
FROZEN_AT: tuple[Point, ...] = ("during_copy", "before_compare_and_set")


@pytest.mark.parametrize(
    "name",
    [
        *AT_RANDOM_MOMENTS,
        *(f"{point}:kill" for point in POINTS),
        *(f"{point}:stop" for point in FROZEN_AT),
    ],
)
def test_nothing_is_lost_or_counted_twice_and_a_successor_is_quick(stage: Stage, name: str) -> None:
    outcome = play(stage, name, faults.of_workers()[name], Random(name))

    assert outcome.problems == []
    assert outcome.takeover_seconds is not None
    assert outcome.takeover_seconds <= stage.takeover_seconds


def test_a_bug_stops_the_worker_with_a_traceback_and_loses_nothing(stage: Stage) -> None:
    worker = stage.workers[0]
    worker.arm("before_upsert:raise")
    begun = len(worker.exit_codes)

    stage.until(lambda: len(worker.exit_codes) > begun, "stopped by the bug")

    assert worker.exit_codes[begun] > 0
    assert "Traceback (most recent call last)" in worker.log
    assert "InjectedBugError: a fault point raised this" in worker.log
    assert stage.compare() == []
