"""`headrace dictionary`: writes docs/reference/data.md."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from config.settings import Settings
from config.streams import known_streams
from db.dictionary import read
from db.migrate import migrate
from devstack.engines import Postgres
from devstack.processes.watchdog import Watchdog
from reference.page import page


@click.command()
@click.option(
    "--temporary", is_flag=True, help="Of a new database on this machine, which is removed again."
)
def dictionary(*, temporary: bool) -> None:
    """Tell every event, topic, table, view and column, as Markdown.

    From the contracts and the comments in the database (HEADRACE_DATABASE).
    """
    settings = Settings()
    streams = known_streams(settings)
    if temporary:
        with _new_database() as dsn:
            relations, functions = asyncio.run(read(dsn))
    else:
        relations, functions = asyncio.run(read(settings.database.get_secret_value()))
    click.echo(page(streams, relations, functions), nl=False)


@contextmanager
def _new_database() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="headrace-dictionary-") as folder, Watchdog() as dog:
        engine = Postgres(Path(folder), dog)
        engine.start()
        try:
            asyncio.run(migrate(engine.dsn()))
            yield engine.dsn()
        finally:
            engine.stop()
