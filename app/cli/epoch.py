"""`headrace epoch`: what to do when a topic is not what was stored of it."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import click

from batching.topic_identity import (
    CURES,
    PartitionIdentity,
    Verdict,
    compare_with_topics,
    is_same_topic,
)
from config.settings import Settings
from models.positions import Position, ReadTo, TopicPartition
from sinks.postgres.epochs import begin_epoch, stored_positions


@click.group()
def epoch() -> None:
    """Tell Headrace that a topic began a new identity."""


@epoch.command()
@click.argument("topic")
def new(topic: str) -> None:
    """Count TOPIC on with what is in it now, keeping all that is stored.

    For a topic that was deleted and made anew, or that lost unread records to retention: a worker
    stops then and names this command. Stop all workers first. TOPIC is the full name, prefix
    included.
    """
    asyncio.run(_begin(topic, Settings(), "recreated"))


@epoch.command()
@click.argument("topic")
def resume_after_truncation(topic: str) -> None:
    """Count TOPIC on behind what Kafka still holds of it, keeping all that is stored.

    For a topic whose newest records Kafka lost (a power cut, an unclean election) after they were
    stored: a worker stops then and names this command. Nothing counts twice, and records that have
    come since are counted. Stop all workers first. TOPIC is the full name, prefix included.
    """
    asyncio.run(_begin(topic, Settings(), "truncated"))


async def _begin(topic: str, settings: Settings, what_happened: Verdict) -> None:
    dsn = settings.database.get_secret_value()
    positions = await stored_positions(dsn, [topic])
    if not positions:
        raise click.ClickException(
            f"nothing of topic {topic!r} is stored: there is no epoch to end"
        )
    identities = clear_up(
        topic, await compare_with_topics(settings.broker, positions), what_happened
    )
    begun = begin_at(positions, identities)
    number = await begin_epoch(dsn, topic, begun)
    for tp, position in sorted(begun.items()):
        click.echo(
            f"{topic}, partition {tp.partition}: goes on at offset {position.read_to.offset}"
        )
    click.echo(f"{topic}: epoch {number} begins; start the workers again")


def clear_up(
    topic: str, identities: Mapping[TopicPartition, PartitionIdentity], what_happened: Verdict
) -> dict[TopicPartition, PartitionIdentity]:
    """Take what nobody can tell for what the user says happened.

    Raises click.ClickException where something else did: it would count twice, or not at all.
    """
    cleared = {
        tp: replace(identity, verdict=what_happened) if identity.verdict == "unclear" else identity
        for tp, identity in identities.items()
    }
    other: Verdict = "truncated" if what_happened == "recreated" else "recreated"
    for tp, identity in cleared.items():
        if identity.verdict == other:
            cure = CURES[other].format(topic=topic)
            raise click.ClickException(f"{topic}, partition {tp.partition}: {identity.why}. {cure}")
    if what_happened == "truncated" and all(
        identity.verdict != "truncated" for identity in cleared.values()
    ):
        raise click.ClickException(f"Kafka holds all that is stored of {topic}: nothing to do")
    return cleared


def begin_at(
    positions: Mapping[TopicPartition, Position],
    identities: Mapping[TopicPartition, PartitionIdentity],
) -> dict[TopicPartition, Position]:
    """Say for each partition where it goes on, so that no record counts twice or never.

    A topic is made anew as a whole: one partition that shows it is enough. Otherwise partitions
    stay where they are; one that lost unread records goes on with the first that is left, one that
    was truncated where it is no longer what was stored.
    """
    is_anew = any(identity.verdict == "recreated" for identity in identities.values())
    return {tp: _begin_one(held, identities[tp], is_anew) for tp, held in positions.items()}


def _begin_one(held: Position, identity: PartitionIdentity, is_anew: bool) -> Position:  # noqa: FBT001 - private
    if identity.verdict == "lost":
        read_to = ReadTo(identity.first, None)
    elif identity.verdict == "truncated" and identity.same_to:
        read_to = identity.same_to
    elif identity.verdict == "recreated" or (is_anew and not is_same_topic(held, identity)):
        read_to = ReadTo(0, None)
    else:
        return held._replace(topic_id=identity.topic_id)
    return Position(held.epoch, read_to.offset - 1, None, *read_to, identity.topic_id)
