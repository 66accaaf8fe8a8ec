"""`headrace storage`."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import click
from rich.console import Console

from app.cli.beside_up import beside_up
from app.cli.storage_economics import HEAD as ECONOMICS_HEAD
from app.cli.storage_economics import Prices, economics
from config.settings import Settings
from db.retention_drops import expiry
from db.storage import Table, clock
from db.storage import storage as weigh
from devstack.screen.wrapped import broken

_KILO = 1024
_HEAD = ("table", "heap", "indexes", "compressed", "rows", "a row", "a day", "frees")


@click.command()
@click.option("--objects", is_flag=True, help="What Parquet weighs and costs, and nothing else.")
@click.option(
    "--events-per-minute",
    default=5_000_000,
    show_default=True,
    type=click.IntRange(1),
    help="With --objects: what a month is worked out for.",
)
@click.option(
    "--gb-month",
    "gb_month",
    default=0.023,
    show_default=True,
    type=click.FloatRange(0),
    help="Price of a GB (10^9 bytes) kept for a month, in dollars.",
)
@click.option(
    "--thousand-puts",
    default=0.005,
    show_default=True,
    type=click.FloatRange(0),
    help="Price of a thousand PUTs, in dollars.",
)
def storage(
    *, objects: bool, events_per_minute: int, gb_month: float, thousand_puts: float
) -> None:
    """Print what every table weighs, how fast it grows and what retention frees next.

    Rows are estimates. "a row" is heap, indexes and compressed bytes for each row, which of a raw
    table is an event; "frees" is what the next round of retention drops. Sizes are in units of
    1,024. Dead letters that are old enough are deleted row by row, and their room is used again.
    Reads HEADRACE_DATABASE (or looks at the `headrace up` that runs here), HEADRACE_RETENTION_DAYS
    and HEADRACE_WINDOW_RETENTION_DAYS.

    With --objects it prints what an event weighs in the Parquet sinks of headrace.yaml (or, where
    they hold nothing, in a sample of simulated media_events), and what a month of them costs.
    """
    settings = Settings()
    if objects:
        prices = Prices(events_per_minute, gb_month, thousand_puts)
        rows, notes = asyncio.run(economics(settings, prices))
        show(ECONOMICS_HEAD, rows)
        click.echo("\n" + "\n".join(broken(note, Console().width, 0) for note in notes))
        return
    dsn = beside_up(settings).database.get_secret_value()
    tables, now = asyncio.run(weigh(dsn)), asyncio.run(clock(dsn))
    days = {"raw": settings.retention_days, "windows": settings.window_retention_days}
    lines = list(report(tables, days, now))
    show(_HEAD, lines)


def show(head: Sequence[str], lines: Sequence[tuple[str, ...]]) -> None:
    """Print a table for people, or its cells with tabs between them for programs."""
    if not Console().is_terminal:
        for line in (head, *lines):
            click.echo("\t".join(line))
        return
    widths = [max(map(len, column)) for column in zip(head, *lines, strict=True)]
    # names are long and much alike: where one would be cut, it stands above its numbers
    is_narrow = sum(widths) + 2 * (len(widths) - 1) > Console().width
    for name, *cells in (head, *lines):
        numbers = "  ".join(map(str.rjust, cells, widths[1:]))
        click.echo(f"{name}\n    {numbers}" if is_narrow else f"{name:{widths[0]}}  {numbers}")


def report(
    tables: Iterable[Table], days: dict[str, int], at: datetime
) -> Iterator[tuple[str, ...]]:
    """Write a line for each table and one for all; `days` says how long each kind is kept."""
    tables = list(tables)
    freed = {
        table.name: table.bytes_before(expiry(days[table.kind], at)) if table.kind in days else 0
        for table in tables
    }
    growth = {table.name: table.bytes_per_day(at) for table in tables}
    for table in tables:
        yield (
            table.name,
            size(table.heap_bytes),
            size(table.index_bytes),
            size(table.compressed_bytes),
            f"{table.rows:,}",
            size(table.bytes_per_row),
            size(growth[table.name]),
            size(freed[table.name]),
        )
    yield (
        "all",
        size(sum(table.heap_bytes for table in tables)),
        size(sum(table.index_bytes for table in tables)),
        size(sum(table.compressed_bytes for table in tables)),
        f"{sum(table.rows for table in tables):,}",
        "",
        size(sum(one or 0 for one in growth.values())),
        size(sum(freed.values())),
    )


def size(number: float | None) -> str:
    """Write bytes for people: `1.5 MiB`; nothing where it is not known."""
    if number is None:
        return "-"
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < _KILO:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= _KILO
    return f"{number:.1f} TiB"
