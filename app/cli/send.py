"""`headrace send`."""

import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from app.sending.decoding import decoder
from app.sending.judging import Refusal, judge
from app.sending.looking import by_partition, dead_letters, rows
from app.sending.reading import Given, read
from batching.cancellation import run_until_interrupted
from batching.sending import NotSentError, Sent
from batching.sending import send as to_kafka
from config.invocation import invocation
from config.settings import Settings
from config.streams import StreamsError, known_streams
from devstack.place.addresses import Places
from models.streams import Stream

_TOLD = 10


@click.command()
@click.argument("stream")
@click.argument("events", nargs=-1, metavar="[EVENT]...")
@click.option(
    "--file",
    "files",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="Of events; may be given several times.",
)
@click.option("--key", metavar="FIELD", help="Make this field of each event its record's key.")
@click.option("--anyway", is_flag=True, help="Send also what the contract refuses.")
def send(
    *, stream: str, events: tuple[str, ...], files: tuple[Path, ...], key: str | None, anyway: bool
) -> None:
    """Send events to the topic of STREAM: headrace send purchases '{…}'.

    EVENTs are JSON. Without any, and without --file, they are read from standard input: one JSON
    object a line, or an array. All are judged by the stream's contract before the first is sent; if
    one is refused, nothing is sent. --anyway sends all, to see dead letters. Goes to
    HEADRACE_BROKER, or to the `headrace up` that runs here.
    """
    settings = Settings()
    known = _stream(stream, settings)
    given = _given(events, files)
    if not given:
        raise click.ClickException("there is no event in what was given: nothing was sent")
    refusals = list(judge(decoder(known, settings), given, time.time_ns() // 1_000_000))
    _tell_refusals(refusals, of=len(given))
    if refusals and not anyway:
        raise click.ClickException("nothing was sent. Mend them, or send all with --anyway")
    sent = _sent(settings, known, [(_key(event, key), event.value) for event in given])
    _tell_sent(sent)
    psql = invocation("psql -c")
    click.echo("Look at it, once a worker has stored it:")
    if len(sent) > len(refusals):
        click.echo(f'  {psql} "{rows(known, sent)}"')
    if refusals:
        letters = dead_letters(settings.topic(known.topic), sent)
        click.echo(f'  {psql} "{letters}"')


def _stream(name: str, settings: Settings) -> Stream:
    try:
        streams = known_streams(settings)
    except StreamsError as error:
        raise click.ClickException(str(error)) from None
    if name not in streams:
        raise click.BadParameter(f"no stream {name!r}; there are {', '.join(streams)}")
    return streams[name]


def _given(events: Sequence[str], files: Sequence[Path]) -> list[Given]:
    found: list[Given] = []
    for number, event in enumerate(events, 1):
        source = f"argument {number}" if len(events) > 1 else ""
        found += read(source, event.encode(errors="surrogateescape"))
    for path in files:
        found += read(str(path), path.read_bytes())
    if not events and not files:
        if sys.stdin.isatty():
            click.echo("One JSON object a line, Ctrl-D at the end:", err=True)
        found += read("", sys.stdin.buffer.read())
    return found


def _key(event: Given, field: str | None) -> bytes | None:
    if field is None:
        return None
    try:
        value: Any = msgspec.json.decode(event.value)[field]
    except (msgspec.DecodeError, TypeError, KeyError):
        raise click.ClickException(f"{event.where}: no field {field!r}. Nothing was sent") from None
    return value.encode() if isinstance(value, str) else msgspec.json.encode(value)


def _tell_refusals(refusals: Sequence[Refusal], of: int) -> None:
    for refusal in refusals[:_TOLD]:
        varies = f" ({refusal.context})" if refusal.context else ""
        told = f"{refusal.event.where}: {refusal.reason}: {refusal.detail}{varies}"
        click.echo(told, err=True)
    if len(refusals) > _TOLD:
        click.echo(f"and {len(refusals) - _TOLD:,} more", err=True)
    if refusals and of > 1:
        click.echo(f"{len(refusals):,} of {of:,} events would be dead letters.", err=True)


def _sent(
    settings: Settings, stream: Stream, records: Sequence[tuple[bytes | None, bytes]]
) -> list[Sent]:
    place = Places.find(settings).broker
    topic = settings.topic(stream.topic)
    logging.disable(logging.CRITICAL)  # aiokafka's own words for what is told below
    try:
        return run_until_interrupted(
            to_kafka(
                place.address,
                topic,
                records,
                partitions=settings.topic_partitions,
                replicas=settings.topic_replicas,
            )
        )
    except NotSentError as error:
        _tell_sent(error.sent)
        raise click.ClickException(
            f"{error} ({place.named_by}). {len(error.sent):,} of {len(records):,} events were "
            "acknowledged; what the others became is not known"
            if error.sent
            else f"{error} ({place.named_by})"
        ) from None


def _tell_sent(sent: Sequence[Sent]) -> None:
    """Say the place of each one while they are few, else from where to where in each partition."""
    if len(sent) <= _TOLD:
        for tp, offset in sent:
            click.echo(f"sent to {tp.topic}, partition {tp.partition}, offset {offset}")
        return
    click.echo(f"sent {len(sent):,} events to {sent[0][0].topic}")
    for partition, offsets in by_partition(sent).items():
        span = f"offsets {offsets[0]} to {offsets[-1]}"
        click.echo(f"  partition {partition}: {len(offsets):,} events, {span}")
