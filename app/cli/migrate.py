"""`headrace migrate`."""

import asyncio

import click

from app.settings import Settings
from db.migrate import LATEST
from db.migrate import migrate as run


@click.command()
def migrate() -> None:
    """Bring the database's tables and views up to date.

    Workers do it themselves when they start; run it by hand to have them ready before. Reads
    HEADRACE_DATABASE.
    """
    done = asyncio.run(run(Settings().database.get_secret_value()))
    for revision in done:
        click.echo(f"migrated to {revision}")
    if not done:
        click.echo(f"up to date: {LATEST}")
