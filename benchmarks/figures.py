"""What is measured, what it must reach, and whether it did. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Goal:
    """`must` and `aim` are lower bounds, or upper ones with `at_most`; None: only reported."""

    what: str
    unit: str
    must: float | None = None
    aim: float | None = None
    at_most: bool = False

    def reaches(self, value: float, bound: float) -> bool:
        return value <= bound if self.at_most else value >= bound


GOALS: Mapping[str, Goal] = {
    "drain": Goal("drain: raw rows and three windows, exact", "events/s", must=83_333),
    "pathway": Goal("Pathway: raw rows only", "events/s"),
    "stock": Goal("stock Faust agent: one window, no database", "events/s"),
    "copy": Goal("PostgreSQL's own binary COPY", "rows/s"),
    "drain_to_pathway": Goal("drain against Pathway", "x", must=1.3, aim=1.75),
    "drain_to_stock": Goal("drain against stock Faust", "x", must=30, aim=60),
    "drain_to_copy": Goal("drain against COPY", "x", aim=0.35),
    "memory": Goal("peak memory while draining", "MB", must=300, aim=200, at_most=True),
    "first_row": Goal("worker start to first row", "s", must=5, at_most=True),
    "cpu": Goal("CPU time of the worker", "us/event", aim=4.5, at_most=True),
    "takeover": Goal("takeover after kill -9", "s", must=11, at_most=True),
    "freshness_p50": Goal("freshness at 20,000 events/s, p50", "s"),
    "freshness_p99": Goal(
        "freshness at 20,000 events/s, p99", "s", must=2.5, aim=1.5, at_most=True
    ),
    "two_workers": Goal("two workers, same backlog", "events/s"),
    "two_to_one": Goal("two workers against one", "x", aim=1.5),
}
"""In the order of the table. `takeover` is the session timeout (6 s by default) plus 5 s."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure: `value` is the median of `runs`; a ratio names its `baseline`."""

    value: float
    unit: str
    must: float | None
    aim: float | None
    met: bool | None
    ratio: float | None = None
    baseline: str | None = None
    runs: Sequence[float] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


def figure(name: str, runs: Sequence[float], **details: Any) -> Figure:
    return _figure(name, median(runs), runs=[round(run, 3) for run in runs], details=details)


def ratio(name: str, of: Figure, to: Figure, baseline: str) -> Figure:
    """Compare medians of one run of the benchmark: absolute figures of others mean little."""
    value = of.value / to.value
    runs = [round(one / other, 3) for one, other in zip(of.runs, to.runs, strict=False)]
    return _figure(name, value, runs=runs, ratio=round(value, 3), baseline=baseline)


def _figure(name: str, value: float, **more: Any) -> Figure:
    goal = GOALS[name]
    met = None if goal.must is None else goal.reaches(value, goal.must)
    return Figure(round(value, 3), goal.unit, goal.must, goal.aim, met, **more)
