"""A backlog on its way into a sink: how fast, and what each process between used for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import psutil

from benchmarks.progress import StuckError, check_running
from benchmarks.sinks.backlog import Backlog
from benchmarks.sinks.stage import start, stop
from benchmarks.sinks.stored import Stored, check_exact
from benchmarks.worker import Worker
from devstack.measure.worker_status import fetch_all
from devstack.processes.child import Child

_POLL_SECONDS = 0.1
_STILL_SECONDS = 300
_MICRO = 1_000_000
_MEGABYTE = 1_000_000


class Mark(NamedTuple):
    """So many rows were stored at that time."""

    at: float
    rows: int


@dataclass(slots=True)
class Course:
    """From the first record that was read to the last one that is stored."""

    began: float
    marks: list[Mark] = field(default_factory=list)
    cpu_seconds: dict[str, float] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        return self.marks[-1].at - self.began

    @property
    def events_per_second(self) -> float:
        """Give rows by the time from the first record read, at the last full write.

        What is left at the end waits until the sink's time to write has come: it is not counted,
        nor is the time that it waits.
        """
        late = [mark for mark in self.marks if mark.rows >= self.marks[-1].rows / 2]
        return max(mark.rows / (mark.at - self.began) for mark in late)


def drain(
    crew: Sequence[Worker],
    stored: Stored,
    backlog: Backlog,
    engines: Mapping[str, Child],
) -> dict[str, object]:
    """Have workers store a backlog, compare all of it with what was produced; give figures."""
    hops = {"worker": [worker.child for worker in crew]}
    hops |= {name: [child] for name, child in engines.items()}
    try:
        start(crew)
        course = follow(stored, backlog.events, hops, lambda: _has_begun(crew))
        peak = max(worker.peak_bytes() for worker in crew)
    finally:
        stop(crew)
    check_exact(stored, backlog)
    return {
        "processes": len(crew),
        **told(course, backlog.events),
        "worker_peak_mb": round(peak / _MEGABYTE),
        "is_exact": True,
    }


def told(course: Course, events: int) -> dict[str, object]:
    return {
        "events": events,
        "events_per_second": round(course.events_per_second),
        "seconds_to_the_last": round(course.seconds, 1),
        "cpu_us_per_event": {
            name: round(seconds / events * _MICRO, 2)
            for name, seconds in course.cpu_seconds.items()
        },
    }


def follow(
    stored: Stored,
    events: int,
    hops: Mapping[str, Sequence[Child]],
    has_begun: Callable[[], bool],
) -> Course:
    """Watch until all is stored; the time begins before the first record is seen to be read."""
    children = [child for some in hops.values() for child in some]
    started = asked = time.time()
    while not has_begun():
        check_running(children, started)
        time.sleep(_POLL_SECONDS)
        asked = time.time()
    course, before = Course(asked - _POLL_SECONDS), cpu_seconds(hops)
    while not course.marks or course.marks[-1].rows < events:
        check_running(children, started)
        rows = stored.rows()
        if rows and (not course.marks or rows != course.marks[-1].rows):
            course.marks.append(Mark(time.time(), rows))
        _check_moving(course, events)
        time.sleep(_POLL_SECONDS)
    course.cpu_seconds = {name: used - before[name] for name, used in cpu_seconds(hops).items()}
    return course


def _check_moving(course: Course, events: int) -> None:
    at, rows = course.marks[-1] if course.marks else Mark(course.began, 0)
    if time.time() - at > _STILL_SECONDS:
        raise StuckError(f"{rows} of {events} rows are stored, and no more for {_STILL_SECONDS} s")


def _has_begun(crew: Sequence[Worker]) -> bool:
    told = fetch_all([worker.web for worker in crew])
    return any(one.events_in for status in told if status for one in status.streams.values())


def cpu_seconds(hops: Mapping[str, Sequence[Child]]) -> dict[str, float]:
    """Give what these processes have used so far, in user mode and in the kernel."""

    def used(child: Child) -> float:
        times = psutil.Process(child.pid).cpu_times()
        return float(times.user + times.system)

    return {name: sum(map(used, children)) for name, children in hops.items()}
