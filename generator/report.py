"""The report FILE: what has been produced so far, for a program that compares."""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from generator.truth import Truth, Value


class StreamReport(msgspec.Struct, frozen=True):
    """One stream. Everything counts acknowledged records.

    `windows` has, by view, the numbers of each window, which generator/<stream>/truth.py names, by
    `<minute>|<key>|...`; numbers with decimals are exact, as strings. It is empty until the run is
    done: the file is rewritten every second, and windows may be megabytes.
    """

    produced: int
    rows: int
    dead_letters: dict[str, int]
    windows: dict[str, dict[str, list[Value]]]


class Report(msgspec.Struct, frozen=True):
    """All streams, and their sum.

    `events_per_second` is the rate since the report before, and the mean of the run once `done`.
    `live` says that the past is filled, if that was wanted, and the run itself has begun.
    """

    done: bool
    produced: int
    rows: int
    dead_letters: dict[str, int]
    events_per_second: float
    streams: dict[str, StreamReport]
    live: bool = True


def report(
    truths: Mapping[str, Truth], *, done: bool, events_per_second: float, live: bool = True
) -> Report:
    """Say what has been produced, given the truth of each stream by its name."""
    letters: dict[str, int] = {}
    for truth in truths.values():
        for reason, count in truth.dead_letters.items():
            letters[reason] = letters.get(reason, 0) + count
    return Report(
        done=done,
        produced=sum(truth.produced for truth in truths.values()),
        rows=sum(truth.rows for truth in truths.values()),
        dead_letters=letters,
        events_per_second=round(events_per_second, 1),
        streams={stream: _of_stream(truth, done=done) for stream, truth in truths.items()},
        live=live,
    )


def write(path: Path, content: Report) -> None:
    """Replace the file as one: a reader sees the old one or the new one."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    beside.write_bytes(msgspec.json.encode(content))
    beside.replace(path)


def _of_stream(truth: Truth, *, done: bool) -> StreamReport:
    views = truth.windows.views() if done else {}
    return StreamReport(
        produced=truth.produced,
        rows=truth.rows,
        dead_letters=dict(truth.dead_letters.items()),
        windows={view: dict(windows) for view, windows in views.items()},
    )
