"""`headrace migrate`."""

import asyncio

import click

from app.cli.beside_up import beside_up
from app.cli.migrate_timescale import create, move, tell_way
from app.cli.parameters import Rate
from config.environment import SettingsError
from config.settings import Settings
from config.streams import user_sql
from db.migrate import LATEST
from db.migrate import migrate as run
from db.reader import let_reader_read
from db.user_sql import run_user_sql
from generator.demonstration import raise_cdn_capacities
from sinks.configured import configured_sinks, kind_of, streams_of


@click.command()
@click.option(
    "--simulated",
    type=Rate(),
    metavar="EVENTS_PER_SECOND",
    help="For a demonstration: raise those rows of cdn_capacity that nobody has set to what "
    "simulated clients watch at this rate (max or 0: as fast as possible).",
)
@click.option(
    "--timescale",
    is_flag=True,
    help="Create the extension TimescaleDB first, so that new tables are its hypertables.",
)
@click.option(
    "--to-timescale",
    is_flag=True,
    help="The same, and move PostgreSQL's partitions over. May be stopped and run again.",
)
@click.option(
    "--sink",
    metavar="NAME",
    help="Bring up to date what this sink of headrace.yaml has, and nothing else.",
)
def migrate(
    *, simulated: float | None, timescale: bool, to_timescale: bool, sink: str | None
) -> None:
    """Bring the database's tables and views up to date, and say in which way they are cut.

    Workers do it themselves when they start; run it by hand to have them ready before, and to give
    the read-only role headrace_reader its password (HEADRACE_READER_PASSWORD). Reads
    HEADRACE_DATABASE and HEADRACE_STREAM_FILES; where neither HEADRACE_DATABASE nor HEADRACE_BROKER
    is set, it works for the `headrace up` that runs here.
    """
    settings = Settings()
    if sink is not None:
        if simulated is not None or timescale or to_timescale:
            raise click.UsageError("--sink stands alone: the other options are PostgreSQL's")
        asyncio.run(_migrate_sink(settings, sink))
        return
    settings = beside_up(settings)
    dsn = settings.database.get_secret_value()
    if timescale or to_timescale:
        create(dsn)
    done, asked = asyncio.run(_migrate(settings))
    for revision in done:
        click.echo(f"migrated to {revision}")
    if not done:
        click.echo(f"up to date: {LATEST}")
    if to_timescale:
        move(dsn)
    tell_way(dsn)
    if simulated is not None:
        for cdn, mbps in asyncio.run(raise_cdn_capacities(dsn, settings, simulated)).items():
            click.echo(f"cdn_capacity, for simulated clients: {cdn} {mbps:,} Mbit/s")

    if asked:
        click.echo(
            "\nRole headrace_reader is not as it should be, and this role may not change that. "
            "An administrator has to run, in this database:\n",
            err=True,
        )
        click.echo("\n".join(asked), err=True)
        click.echo("\nThen run `headrace migrate` again.", err=True)


async def _migrate_sink(settings: Settings, name: str) -> None:
    sinks = configured_sinks(settings)
    if name not in sinks:
        there = ", ".join(sinks) or "none: there is no headrace.yaml"
        raise SettingsError(f"--sink: no such sink; there are {there}")
    sink, kind = sinks[name], kind_of(sinks[name])
    if kind.migrate is None:
        click.echo(f"{name}: nothing to do for a sink of kind {kind.name}")
        return
    for stream in streams_of(settings, sink):
        await kind.migrate(sink.options, stream)
        click.echo(f"{name}: {stream.topic} is up to date")


async def _migrate(settings: Settings) -> tuple[list[str], list[str]]:
    """Return what was run, and what an administrator has to run for the read-only role."""
    dsn = settings.database.get_secret_value()
    own = user_sql(settings)
    done = [*await run(dsn), *await run_user_sql(dsn, own)]
    password = settings.reader_password
    try:
        asked = await let_reader_read(dsn, password.get_secret_value() if password else None)
    except ValueError as error:
        raise SettingsError(f"HEADRACE_READER_PASSWORD: {error}") from None
    return done, asked
