"""What is told of each process of a run: its state in words, and what keeps a way in from it."""

from __future__ import annotations

from devstack.measure.ways_in import EdgeStatus, edge_alarm, source_alarm
from devstack.processes.supervised import Supervised
from devstack.screen.view import ProcessView
from telemetry.worker_status import WorkerStatus


def process_view(supervised: Supervised) -> ProcessView:
    """Tell of a process that is not asked for anything."""
    child = supervised.child
    state = "running" if child.running else "not running"
    return ProcessView(child.name, state, child.pid, restarts=supervised.restarts)


def edge_view(supervised: Supervised, status: EdgeStatus | None) -> ProcessView:
    """Tell of the edge; None is one that does not answer, as before it listens."""
    child = supervised.child
    if not child.running:
        state = alarm = _ended(supervised)
    else:
        state = alarm = edge_alarm(status) if status else ""
    return ProcessView(
        child.name, state or "running", child.pid, restarts=supervised.restarts, alarm=alarm
    )


def worker_view(supervised: Supervised, status: WorkerStatus | None) -> ProcessView:
    """Tell of a worker or a source; None is one that does not answer."""
    child, alarm = supervised.child, ""
    if supervised.has_read_all:
        state = "has read all"
    elif not child.running:
        state = _ended(supervised)
        alarm = state if supervised.may_end else ""
    elif status is None:
        state = "starting"
    else:
        state, alarm = _told(status), source_alarm(status) if status.source else ""
    memory = status.memory_bytes if status else None
    return ProcessView(child.name, state, child.pid, memory, supervised.restarts, alarm)


def _told(status: WorkerStatus) -> str:
    if status.waiting_for:
        return f"waits for {status.waiting_for}"
    if status.source is None:
        return status.state
    return f"{status.state}, {status.source.progress or f'{status.source.records:,} events'}"


def _ended(supervised: Supervised) -> str:
    last = supervised.child.tail(1).strip()
    return f"ended, starts again soon{f': {last}' if last else ''}"
