"""Is everything that was produced stored, once? Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from db.stored import Stored
from generator.report import Report


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure that was produced and what is stored of it."""

    what: str
    produced: int
    stored: int

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


def compare(report: Report, before: Stored, after: Stored) -> Comparison:
    """Compare what the generator reported with what came into the database during the run."""
    produced = {key: (events, kilobits) for key, (events, kilobits) in report.windows.items()}
    stored = _grown(before.windows, after.windows)
    letters = {
        reason: after.dead_letters.get(reason, 0) - before.dead_letters.get(reason, 0)
        for reason in after.dead_letters.keys() | before.dead_letters.keys()
    }
    rows = after.rows - before.rows
    totals = (
        Compared("records", report.produced, rows + sum(letters.values())),
        Compared("rows", report.rows, rows),
        *_by_reason(report.dead_letters, letters),
        Compared("events in windows", _total(produced, 0), _total(stored, 0)),
        Compared("kilobits in windows", _total(produced, 1), _total(stored, 1)),
    )
    keys = sorted(produced.keys() | stored.keys())
    return Comparison(totals, len(keys), tuple(_differing(keys, produced, stored)))


def _grown(
    before: Mapping[str, tuple[int, int]], after: Mapping[str, tuple[int, int]]
) -> dict[str, tuple[int, int]]:
    """Return by how much each window grew, without those that did not change."""
    grown = {}
    for key in before.keys() | after.keys():
        (old_events, old_kilobits), (events, kilobits) = (
            before.get(key, (0, 0)),
            after.get(key, (0, 0)),
        )
        if (events, kilobits) != (old_events, old_kilobits):
            grown[key] = (events - old_events, kilobits - old_kilobits)
    return grown


def _by_reason(produced: Mapping[str, int], stored: Mapping[str, int]) -> list[Compared]:
    return [
        Compared(f"dead letters, {reason}", produced.get(reason, 0), stored.get(reason, 0))
        for reason in sorted(produced.keys() | stored.keys())
        if produced.get(reason) or stored.get(reason)
    ]


def _differing(
    keys: Sequence[str],
    produced: Mapping[str, tuple[int, int]],
    stored: Mapping[str, tuple[int, int]],
) -> list[Compared]:
    """Return a line for each measure of each window that differs."""
    return [
        compared
        for key in keys
        for measure, index in (("events", 0), ("kilobits", 1))
        for compared in [
            Compared(
                f"{key} {measure}",
                produced.get(key, (0, 0))[index],
                stored.get(key, (0, 0))[index],
            )
        ]
        if not compared.equal
    ]


def _total(windows: Mapping[str, tuple[int, int]], index: int) -> int:
    return sum(totals[index] for totals in windows.values())
