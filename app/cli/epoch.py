"""`headrace epoch new`."""

import asyncio

import click

from app.settings import Settings
from sinks.postgres.epochs import begin_epoch


@click.group()
def epoch() -> None:
    """Tell Headrace that a topic began a new life."""


@epoch.command()
@click.argument("topic")
def new(topic: str) -> None:
    """Count TOPIC on from its first record, keeping all that is stored.

    For a topic that was deleted and made anew, or that lost unread records to retention: a worker
    stops then and names this command. Stop all workers first. TOPIC is the full name, prefix
    included.
    """
    begun = asyncio.run(begin_epoch(Settings().database.get_secret_value(), topic))
    if begun is None:
        raise click.ClickException(
            f"nothing of topic {topic!r} is stored: there is no epoch to end"
        )
    click.echo(f"{topic}: epoch {begun} begins; start the workers again")
