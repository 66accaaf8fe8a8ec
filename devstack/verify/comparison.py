"""Is everything that was produced stored, once? Pure, and exact: no number is a float."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from db.stored import Number, Numbers, Stored
from devstack.verify.comparison_view import COMPARED, ComparedView, Expected
from generator.report import Report, StreamReport
from generator.truth import Value

Windows = Mapping[str, Numbers]
_NOTHING = StreamReport(0, 0, {}, {})


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure that was produced and what is stored of it."""

    what: str
    produced: Number
    stored: Number

    @property
    def equal(self) -> bool:
        return self.produced == self.stored


@dataclass(frozen=True, slots=True)
class Comparison:
    """Totals, and those windows that differ: equal only if every single window is."""

    totals: tuple[Compared, ...]
    windows: int
    differing_windows: tuple[Compared, ...]

    @property
    def equal(self) -> bool:
        return not self.differing_windows and all(total.equal for total in self.totals)


def compare(
    report: Report, before: Mapping[str, Stored], after: Mapping[str, Stored]
) -> Comparison:
    """Compare what the generator reported with what came into the database during the run.

    A window that held something before must hold that and what was produced, merged: sums added,
    the open of a candle that of the lower sequence, and so on.
    """
    totals: list[Compared] = []
    windows = 0
    differing: list[Compared] = []
    for stream, new in after.items():
        old, produced = before[stream], report.streams.get(stream, _NOTHING)
        totals += _totals(stream, produced, old, new)
        for name in new.views:
            view = COMPARED[name]
            made = {key: _exact(numbers) for key, numbers in produced.windows.get(name, {}).items()}
            was, holds = old.views[name], new.views[name]
            totals += _totals_of_view(name, view, made, was, holds)
            windows += len(made)
            differing += _differing(name, view, made, was, holds)
    return Comparison(tuple(totals), windows, tuple(differing))


def _totals(stream: str, produced: StreamReport, old: Stored, new: Stored) -> Iterator[Compared]:
    reasons = sorted({*produced.dead_letters, *old.dead_letters, *new.dead_letters})
    grown = {
        reason: new.dead_letters.get(reason, 0) - old.dead_letters.get(reason, 0)
        for reason in reasons
    }
    if old.rows is not None and new.rows is not None:
        rows = new.rows - old.rows
        yield Compared(f"{stream}: records", produced.produced, rows + sum(grown.values()))
        yield Compared(f"{stream}: rows", produced.rows, rows)
    for reason in reasons:
        letters = Compared(
            f"{stream}: dead letters, {reason}", produced.dead_letters.get(reason, 0), grown[reason]
        )
        if letters.produced or letters.stored:
            yield letters


def _totals_of_view(
    name: str, view: ComparedView, made: Windows, was: Windows, holds: Windows
) -> Iterator[Compared]:
    for place in range(view.totals):
        grown = _total(holds, place) - _total(was, place)
        yield Compared(f"{name}: {view.measures[place]}", _total(made, place), grown)


def _differing(
    name: str, view: ComparedView, made: Windows, was: Windows, holds: Windows
) -> Iterator[Compared]:
    """Give a line for each number of each window that differs; a sum without what was before."""
    nothing = (0,) * len(view.measures)
    for key in sorted(made.keys() | was.keys() | holds.keys()):
        must, held = _expected(view, was.get(key), made.get(key)), holds.get(key, nothing)
        if must == held:
            continue
        for place, measure in enumerate(view.measures):
            expected, old = must[place], was.get(key, nothing)[place] if place < view.sums else 0
            if expected is not None and expected != held[place]:
                yield Compared(f"{name} {key} {measure}", expected - old, held[place] - old)


def _expected(view: ComparedView, was: Numbers | None, made: Numbers | None) -> Expected:
    if was is None or made is None:
        return made or was or (0,) * len(view.measures)
    return view.merge(was, made)


def _total(windows: Windows, place: int) -> Number:
    return sum((numbers[place] for numbers in windows.values()), 0)


def _exact(numbers: list[Value]) -> Numbers:
    return tuple(Decimal(number) if isinstance(number, str) else number for number in numbers)
