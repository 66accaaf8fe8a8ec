"""`headrace migrate`."""

import asyncio

import click

from app.settings import Settings
from app.streams import StreamsError, own_sql
from db.migrate import LATEST
from db.migrate import migrate as run
from db.own import migrate_own


@click.command()
def migrate() -> None:
    """Bring the database's tables and views up to date.

    Workers do it themselves when they start; run it by hand to have them ready before. Reads
    HEADRACE_DATABASE and HEADRACE_STREAM_FILES.
    """
    settings = Settings()
    try:
        done = asyncio.run(_migrate(settings))
    except StreamsError as error:
        raise click.ClickException(str(error)) from error
    for revision in done:
        click.echo(f"migrated to {revision}")
    if not done:
        click.echo(f"up to date: {LATEST}")


async def _migrate(settings: Settings) -> list[str]:
    dsn = settings.database.get_secret_value()
    own = own_sql(settings)
    return [*await run(dsn), *await migrate_own(dsn, own)]
