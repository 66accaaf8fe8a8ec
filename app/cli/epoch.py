"""`headrace epoch new`."""

import asyncio
from collections.abc import Mapping

import click

from app.settings import Settings
from batching.lives import Life, look
from models.positions import Position, TopicPartition
from sinks.postgres.epochs import begin_epoch, stored_positions


@click.group()
def epoch() -> None:
    """Tell Headrace that a topic began a new life."""


@epoch.command()
@click.argument("topic")
def new(topic: str) -> None:
    """Count TOPIC on with what is in it now, keeping all that is stored.

    For a topic that was deleted and made anew, or that lost unread records to retention: a worker
    stops then and names this command. Stop all workers first. TOPIC is the full name, prefix
    included.
    """
    asyncio.run(_new(topic, Settings()))


async def _new(topic: str, settings: Settings) -> None:
    dsn = settings.database.get_secret_value()
    positions = await stored_positions(dsn, [topic])
    if not positions:
        raise click.ClickException(
            f"nothing of topic {topic!r} is stored: there is no epoch to end"
        )
    lives = await look(settings.broker, positions)
    last_offsets = begin_after(positions, lives)
    number = await begin_epoch(dsn, topic, last_offsets)
    for partition, last_offset in sorted(last_offsets.items()):
        click.echo(f"{topic}, partition {partition}: goes on at offset {last_offset + 1}")
    click.echo(f"{topic}: epoch {number} begins; start the workers again")


def begin_after(
    positions: Mapping[TopicPartition, Position], lives: Mapping[TopicPartition, Life]
) -> dict[int, int]:
    """Say for each partition which offset is the last not to count, so that none counts twice.

    A topic is made anew as a whole: one partition that shows it is enough. Otherwise partitions
    stay where they are, and the one that lost records goes on with the first that is left.
    """
    if any(life.verdict == "anew" for life in lives.values()):
        return {tp.partition: -1 for tp in positions}
    return {
        tp.partition: lives[tp].first - 1 if lives[tp].verdict == "lost" else held.last_offset
        for tp, held in positions.items()
    }
