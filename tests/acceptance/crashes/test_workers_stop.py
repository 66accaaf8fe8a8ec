"""SIGTERM: the worker is gone within ten seconds, whatever its database does, and leaves no gap."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from devstack.engines import Postgres
from tests.chaos import faults
from tests.chaos.stage import Stage

pytestmark = pytest.mark.acceptance


def test_what_it_had_read_is_stored_before_it_ends(lone_worker: Stage) -> None:
    (worker,) = lone_worker.workers

    faults.terminate(lone_worker, worker)

    assert worker.exit_codes[-1] == 0
    assert lone_worker.compare() == []


def test_with_a_frozen_database_it_ends_all_the_same_and_the_next_reads_again(
    lone_worker: Stage, postgres: Postgres
) -> None:
    (worker,) = lone_worker.workers

    with frozen(postgres):
        acknowledged = lone_worker.truth.records
        lone_worker.until(lambda: lone_worker.truth.records > acknowledged + 5_000, "far behind")
        faults.terminate(lone_worker, worker)

    assert lone_worker.compare() == []


@contextmanager
def frozen(postgres: Postgres) -> Iterator[None]:
    server = postgres.child.identity
    assert server is not None
    processes = [server, *server.descendants()]
    for process in processes:
        process.signal(signal.SIGSTOP)
    yield
    for process in processes:
        process.signal(signal.SIGCONT)
