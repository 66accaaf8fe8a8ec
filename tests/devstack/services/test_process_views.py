"""What is told of processes, of real ones: how they ended, and what keeps a source from reading."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from devstack.measure.ways_in import EdgeStatus
from devstack.processes.child import Child
from devstack.processes.supervised import Supervised
from devstack.services.process_views import edge_view, worker_view
from telemetry.worker_status import SourceStatus, WorkerStatus

Start = Callable[[str], Supervised]


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Start]:
    """Start a source that runs these lines."""
    with ExitStack() as stack:

        def start(code: str) -> Supervised:
            child = Child("source-logs", (sys.executable, "-c", code), tmp_path / "log")
            supervised = Supervised(child, may_end=True)
            supervised.start(time.monotonic())
            stack.callback(child.kill)
            return supervised

        yield start


def ended(supervised: Supervised) -> Supervised:
    assert supervised.child.identity is not None
    assert supervised.child.identity.wait(20)
    return supervised


def test_a_source_that_ended_with_0_has_read_all_and_is_no_alarm(started: Start) -> None:
    view = worker_view(ended(started("pass")), None)

    assert (view.state, view.alarm) == ("has read all", "")


def test_a_source_that_failed_says_why_by_its_last_line(started: Start) -> None:
    view = worker_view(ended(started("print('no.csv: no file'); raise SystemExit(1)")), None)

    assert view.alarm == "ended, starts again soon: no.csv: no file"


@pytest.mark.parametrize(
    ("status", "alarm"),
    [
        pytest.param(
            WorkerStatus("w", "running", "pq: no route", source=SourceStatus("ticks")),
            "waits for pq: no route",
            id="waits",
        ),
        pytest.param(
            WorkerStatus(
                "w", "running", source=SourceStatus("ticks", refused={"unreadable file": 1})
            ),
            "left out unreadable file 1; its log says which",
            id="left a file out",
        ),
        pytest.param(
            WorkerStatus("w", "running", source=SourceStatus("ticks", 5)), "", id="all is well"
        ),
        pytest.param(WorkerStatus("w", "running", "Kafka"), "", id="a worker, told elsewhere"),
        pytest.param(None, "", id="starts"),
    ],
)
def test_what_keeps_a_source_that_runs_is_an_alarm(
    started: Start, status: WorkerStatus | None, alarm: str
) -> None:
    assert worker_view(started("import time; time.sleep(60)"), status).alarm == alarm


def test_an_edge_that_is_not_ready_is_an_alarm(started: Start) -> None:
    edge = started("import time; time.sleep(60)")
    away = EdgeStatus(is_ready=False, accepted=0, refused=0)

    assert edge_view(edge, away).alarm == "not ready, its /readyz says why"
    assert edge_view(edge, None).state == "running"
