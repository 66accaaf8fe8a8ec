"""The result, as JSON for programs and as a table for people."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from rich.table import Table

from benchmarks.figures import GOALS, Figure, Goal

_LARGE = 1_000


def write(path: Path, about: Mapping[str, Any], figures: Mapping[str, Figure]) -> None:
    """Write `about` and all measures: after each, so that a broken run leaves what it has."""
    content = {**about, "measures": figures}
    path.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=2))


def table(figures: Mapping[str, Figure]) -> Table:
    shown = Table(title="Headrace, measured")
    shown.add_column("measure")
    for column in ("value", "must", "aim", "runs"):
        shown.add_column(column, justify="right")
    shown.add_column("")
    for name, goal in GOALS.items():
        if found := figures.get(name):
            runs = " ".join(_number(run) for run in found.runs)
            value = f"{_number(found.value)} {goal.unit}"
            bounds = (_bound(goal, goal.must), _bound(goal, goal.aim))
            shown.add_row(goal.what, value, *bounds, runs, _verdict(goal, found))
    return shown


def _verdict(goal: Goal, found: Figure) -> str:
    if found.met is False:
        return "[red]missed"
    if goal.aim is not None:
        return "[green]aim" if goal.reaches(found.value, goal.aim) else "[yellow]below aim"
    return "[green]met" if found.met else "reported"


def _bound(goal: Goal, bound: float | None) -> str:
    if bound is None:
        return ""
    return f"{'≤' if goal.at_most else '≥'} {_number(bound)}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= _LARGE else f"{value:.3g}"
