"""Windows are recomputed in a loop while workers are killed and frozen: the end is the truth."""

from random import Random

import pytest

from tests.chaos import faults
from tests.chaos.repairs import Repairs
from tests.chaos.stage import Stage

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]

STRUCK = ("kill -9 one", "before_commit:stop", "before_compare_and_set:kill", "kill -9 all")


def test_what_workers_store_meanwhile_is_neither_lost_nor_counted_twice(two_workers: Stage) -> None:
    struck, random = faults.of_workers(), Random(1)

    with Repairs(two_workers.database.dsn, random) as repairs:
        for name in STRUCK:
            two_workers.await_more(int(two_workers.load.events_per_second))
            struck[name](two_workers, random)
        two_workers.await_every_worker()

    assert two_workers.compare() == []
    assert repairs.runs > len(STRUCK)
    assert repairs.wrong > 1_000


def test_workers_that_wait_for_a_recompute_neither_stop_nor_try_again(two_workers: Stage) -> None:
    begun = [
        (len(worker.exit_codes), worker.log.count("next try")) for worker in two_workers.workers
    ]

    with Repairs(two_workers.database.dsn, Random(2)):
        two_workers.await_more(int(5 * two_workers.load.events_per_second))

    assert two_workers.compare() == []
    assert begun == [
        (len(worker.exit_codes), worker.log.count("next try")) for worker in two_workers.workers
    ]
