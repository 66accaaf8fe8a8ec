"""The report FILE: what has been produced so far, for a program that compares."""

import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from generator.truth import Truth


class Report(msgspec.Struct, frozen=True):
    """`windows` has [events, kilobits] by `<minute>|<cdn>`; everything counts acknowledged records.

    `events_per_second` is the rate since the report before, and the mean of the run once `done`.
    """

    done: bool
    produced: int
    rows: int
    dead_letters: dict[str, int]
    windows: dict[str, list[int]]
    events_per_second: float


def report(truth: Truth, *, done: bool, events_per_second: float) -> Report:
    return Report(
        done=done,
        produced=truth.produced,
        rows=truth.rows,
        dead_letters=dict(truth.dead_letters.items()),
        windows={f"{_minute(at)}|{cdn}": totals for (at, cdn), totals in truth.windows.items()},
        events_per_second=round(events_per_second, 1),
    )


def write(path: Path, content: Report) -> None:
    """Replace the file as one: a reader sees the old one or the new one."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    beside.write_bytes(msgspec.json.encode(content))
    beside.replace(path)


def _minute(minute: int) -> str:
    return datetime.fromtimestamp(minute * 60, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
