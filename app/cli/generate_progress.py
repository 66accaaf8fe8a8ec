"""What `headrace generate` shows and reports while it runs."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console

from generator.report import Report, report, write
from generator.truth import Truth

_REPORT_SECONDS = 1.0
_LINE_SECONDS = 5.0

Show = Callable[[str], None]


async def watch(truths: Mapping[str, Truth], path: Path | None, live: asyncio.Event) -> None:
    """Until cancelled, rewrite the report and show how it goes, every second."""
    produced, at = 0, time.monotonic()
    with _display() as show:
        while True:
            rate = (_produced(truths) - produced) / max(time.monotonic() - at, 1e-9)
            produced, at = _produced(truths), time.monotonic()
            now = report(truths, done=False, events_per_second=rate, live=live.is_set())
            if path is not None:
                write(path, now)
            show(tell(now))
            await asyncio.sleep(_REPORT_SECONDS)


def tell(now: Report) -> str:
    """Say in a line how much has been produced, in all and of each stream."""
    streams = ", ".join(f"{name} {one.produced:,}" for name, one in now.streams.items())
    return (
        f"{now.produced:,} records, {now.events_per_second:,.0f}/s: {now.rows:,} rows, "
        f"{sum(now.dead_letters.values()):,} dead letters ({streams})"
    )


def _produced(truths: Mapping[str, Truth]) -> int:
    return sum(truth.produced for truth in truths.values())


@contextmanager
def _display() -> Iterator[Show]:
    console = Console()
    if console.is_terminal:
        with console.status("connecting") as status:
            yield status.update
    else:
        yield _now_and_then()


def _now_and_then() -> Show:
    shown = time.monotonic()

    def show(line: str) -> None:
        nonlocal shown
        if time.monotonic() - shown >= _LINE_SECONDS:
            shown = time.monotonic()
            click.echo(line)

    return show
