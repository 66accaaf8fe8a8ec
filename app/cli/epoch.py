"""`headrace epoch`: what to do when a topic is not what was stored of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import click

from app.cli.beside_up import beside_up
from app.cli.epoch_places import EpochPlace, places
from batching.cancellation import run_until_interrupted
from batching.topic_identity import (
    CURES,
    PartitionIdentity,
    Verdict,
    compare_with_topics,
    is_same_topic,
)
from config.settings import Settings
from models.positions import Position, ReadTo, TopicPartition
from sinks.base import SinkUnavailable


@click.group()
def epoch() -> None:
    """Tell Headrace that a topic began a new identity.

    Where neither HEADRACE_BROKER nor HEADRACE_DATABASE is set: to the `headrace up` that runs here.
    """


_SINK = click.option(
    "--sink",
    "names",
    metavar="NAME",
    multiple=True,
    help="Only of this sink of headrace.yaml, or of PostgreSQL: core. May be given several times.",
)


@epoch.command()
@click.argument("topic")
@_SINK
def new(topic: str, names: tuple[str, ...]) -> None:
    """Count TOPIC on with what is in it now, keeping all that is stored.

    For a topic that was deleted and made anew, or that lost unread records to retention: a worker
    stops then and names this command. Stop all workers first, of every role. TOPIC is the full
    name, prefix included.

    PostgreSQL and every sink of headrace.yaml that takes the topic begin an epoch, each where it
    stands itself. One that holds the topic as it is now is left alone, unless --sink names it: so
    after an error, run the same once more.
    """
    run_until_interrupted(_begin_all(topic, beside_up(Settings()), "recreated", names))


@epoch.command()
@click.argument("topic")
@_SINK
def resume_after_truncation(topic: str, names: tuple[str, ...]) -> None:
    """Count TOPIC on behind what Kafka still holds of it, keeping all that is stored.

    For a topic whose newest records Kafka lost (a power cut, an unclean election) after they were
    stored: a worker stops then and names this command. Nothing counts twice, and records that have
    come since are counted. Stop all workers first, of every role. TOPIC is the full name, prefix
    included. PostgreSQL and every sink of headrace.yaml that takes the topic are looked at; those
    that stored nothing of what was lost are left alone.
    """
    run_until_interrupted(_begin_all(topic, beside_up(Settings()), "truncated", names))


async def _begin_all(
    topic: str, settings: Settings, what_happened: Verdict, names: Sequence[str]
) -> None:
    """Begin an epoch wherever one is due. What cannot be done in one sink holds up no other."""
    failed: list[str] = []
    outcomes: list[bool] = []
    for place in places(settings, topic, names):
        try:
            outcomes.append(await _begin(place, topic, settings.broker, what_happened, bool(names)))
        except (SinkUnavailable, click.ClickException) as error:
            words = error.message if isinstance(error, click.ClickException) else str(error)
            failed.append(f"{place.name}: {words}")
    if failed:
        raise click.ClickException("\n".join([*failed, "Then run the same once more."]))
    if not any(outcomes):
        raise click.ClickException(
            f"nothing to do: nothing of topic {topic!r} is stored, or all that is stored fits it"
        )
    click.echo("start the workers again")


async def _begin(
    place: EpochPlace,
    topic: str,
    broker: str,
    what_happened: Verdict,
    is_named: bool,  # noqa: FBT001 - private
) -> bool:
    """Begin an epoch in one place; say whether one was due there."""
    positions = await place.positions(broker)
    if not any(at.last_offset >= 0 or at.topic_id for at in positions.values()):
        click.echo(f"{place.name}: nothing of {topic} is stored")
        return False
    identities = clear_up(topic, await compare_with_topics(broker, positions), what_happened)
    if not is_due(identities, what_happened, is_named=is_named):
        click.echo(f"{place.name}: holds {topic} as it is, and stays")
        return False
    begun = begin_at(positions, identities)
    number = await place.begin(begun)
    for tp, position in sorted(begun.items()):
        at = position.read_to.offset
        click.echo(f"{place.name}: {topic}, partition {tp.partition}: goes on at offset {at}")
    click.echo(f"{place.name}: {topic}: epoch {number} begins")
    return True


def is_due(
    identities: Mapping[TopicPartition, PartitionIdentity],
    what_happened: Verdict,
    *,
    is_named: bool,
) -> bool:
    """Say whether an epoch has to begin: something changed, or the user insists."""
    changed = any(identity.verdict != "same" for identity in identities.values())
    return changed or (is_named and what_happened == "recreated")


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
