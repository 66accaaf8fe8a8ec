"""`headrace dictionary`: writes docs/reference/data.md."""

import asyncio

import click

from config.settings import Settings
from config.streams import known_streams
from db.dictionary import read
from reference.data import page
from reference.temporary_database import temporary_database


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
        with temporary_database() as dsn:
            relations, functions = asyncio.run(read(dsn))
    else:
        relations, functions = asyncio.run(read(settings.database.get_secret_value()))
    click.echo(page(streams, relations, functions), nl=False)
