"""Workers are killed, stopped and frozen while records flow: everything is counted, once.

How soon a successor has stored it, `python -m benchmarks` and `python -m tests.chaos` measure.
"""

from random import Random

import pytest

from telemetry.fault_points import POINTS
from tests.chaos import faults
from tests.chaos.rounds import play
from tests.chaos.stage import Stage

pytestmark = pytest.mark.acceptance

OF_TWO = ("kill -9 one", "SIGTERM one", "SIGSTOP one", "during_copy:stop", "before_commit:stop")
ALONE = ("kill -9 all", *(f"{point}:kill" for point in POINTS))


@pytest.mark.parametrize("name", OF_TWO)
def test_of_two_workers_the_other_takes_over(two_workers: Stage, name: str) -> None:
    outcome = play(two_workers, name, faults.of_workers()[name], Random(name))

    assert not outcome.problems, "\n".join(outcome.problems)
    assert outcome.takeover_seconds is not None


@pytest.mark.parametrize("name", ALONE)
def test_a_lone_worker_goes_on_where_it_was_killed(lone_worker: Stage, name: str) -> None:
    outcome = play(lone_worker, name, faults.of_workers()[name], Random(name))

    assert not outcome.problems, "\n".join(outcome.problems)


def test_a_bug_stops_the_worker_with_a_traceback_and_loses_nothing(lone_worker: Stage) -> None:
    (worker,) = lone_worker.workers
    worker.arm("before_upsert:raise")
    begun = len(worker.exit_codes)

    lone_worker.until(lambda: len(worker.exit_codes) > begun, "stopped by the bug")

    assert worker.exit_codes[begun] > 0
    assert "Traceback (most recent call last)" in worker.log
    assert "InjectedBugError: a fault point raised this" in worker.log
    assert lone_worker.compare() == []
