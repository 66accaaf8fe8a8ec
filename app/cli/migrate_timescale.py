"""What `headrace migrate` does and says about TimescaleDB."""

import asyncio

import click

from db.partitioning import way
from db.timescale import NotAvailableError, create_timescaledb
from db.to_timescale import CannotMoveError, to_timescale


def create(dsn: str) -> None:
    """Create the extension, or end with what has to be done for it."""
    try:
        version = asyncio.run(create_timescaledb(dsn))
    except NotAvailableError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"TimescaleDB {version} is in this database")


def move(dsn: str) -> None:
    """Make hypertables of what is partitioned, and tell of each partition."""
    try:
        moved = asyncio.run(to_timescale(dsn, click.echo))
    except CannotMoveError as error:
        raise click.ClickException(str(error)) from None
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise click.ClickException(
            "stopped. Workers wait until it is run to its end: headrace migrate --to-timescale"
        ) from None
    click.echo(
        f"moved to TimescaleDB: {len(moved)} tables" if moved else "there is nothing to move"
    )


def tell_way(dsn: str) -> None:
    """Say which way was chosen, always: that it is not TimescaleDB is easily missed."""
    chosen = asyncio.run(way(dsn))
    click.echo(f"{chosen}. To change that: {chosen.cure}" if chosen.cure else str(chosen))
