"""What `headrace generate` shows and reports while it runs."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console

from generator.report import report, write
from generator.truth import Truth

_REPORT_SECONDS = 1.0
_LINE_SECONDS = 5.0

Show = Callable[[str], None]


async def watch(truth: Truth, path: Path | None) -> None:
    """Until cancelled, rewrite the report and show how it goes, every second."""
    produced, at = truth.produced, time.monotonic()
    with _display() as show:
        while True:
            rate = (truth.produced - produced) / max(time.monotonic() - at, 1e-9)
            produced, at = truth.produced, time.monotonic()
            if path is not None:
                write(path, report(truth, done=False, events_per_second=rate))
            show(
                f"{truth.produced:,} records, {rate:,.0f}/s: {truth.rows:,} rows, "
                f"{truth.dead_letters.total():,} dead letters"
            )
            await asyncio.sleep(_REPORT_SECONDS)


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
