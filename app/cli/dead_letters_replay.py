"""What `headrace dead-letters replay` does and shows."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from rich.console import Console
from rich.progress import Progress

from app.letters.left_out import why_not
from app.letters.mending import Mend, MendingError, as_text, by_expression, from_text, said
from app.letters.replaying import Mended, Replaying
from app.letters.streams import REPLAY, stream_of
from app.sending.decoding import decoder
from app.sending.judging import judge
from app.sending.reading import Given
from batching.topics import count_partitions
from config.settings import Settings
from config.streams import known_streams
from db.dead_letters import Letters, StoredLetter, Wanted
from db.migrate import migrate
from models.decode import Decoder

_AT_ONCE = 500
_AT_ONCE_BYTES = 8 * 1024 * 1024
_READ = 2_000
_EDITED = 100
_TOLD = 10


@dataclass(frozen=True, slots=True)
class How:
    """What to do with each letter."""

    expression: str | None
    edit: bool
    now: bool
    dry_run: bool
    upcast: Mend | None = None
    """Instead of `expression`."""


@dataclass(slots=True)
class _Summary:
    sent: int = 0
    passed_over: int = 0
    refused: list[str] = field(default_factory=list)
    refused_count: int = 0
    unknown: int = 0

    def refuse(self, letter: StoredLetter, why: str) -> None:
        self.refused_count += 1
        if len(self.refused) < _TOLD:
            self.refused.append(f"{letter.name}: {why}")


async def replay_all(settings: Settings, dsn: str, broker: str, wanted: Wanted, how: How) -> None:
    """Settle what a killed command left, then mend, judge and send, some at a time."""
    await migrate(dsn)
    summary = _Summary()
    mend = _mend(how)
    async with Letters.opened(dsn) as stored:
        if not how.dry_run:
            await _settle(broker, stored)
        counts = await stored.counted(wanted)
        total = sum(one.letters for one in counts)
        summary.unknown = await _tell_missing(stored, total, wanted)
        there = None
        if not how.dry_run:
            there = await count_partitions(broker, {one.topic for one in counts})
        if how.edit and total > _EDITED:
            raise MendingError(f"--edit: {total:,} letters are too many; name at most {_EDITED}")
        with Progress(console=Console(stderr=True), transient=True) as shown:
            task = shown.add_task("letters", total=total)
            after = None
            while some := await stored.found(wanted, _READ, after):
                after = some[-1].key
                ready = _edited(some, shown) if how.edit else _all(some, mend, summary)
                good = list(_judged(settings, _there(ready, there, summary), how, summary))
                summary.passed_over += len(some) - len(ready) if how.edit else 0
                if how.dry_run:
                    summary.sent += len(good)
                else:
                    await _send(broker, stored, good, summary)
                shown.update(task, advance=len(some))
    _tell(summary, how)


async def _tell_missing(stored: Letters, total: int, wanted: Wanted) -> int:
    """Say where less is meant than was asked for; count names with a slip, which are no success."""
    left_out = [one async for one in why_not(stored, wanted)]
    lines = [one.line for one in left_out]
    if not total and not lines:
        lines = ["there are no such dead letters, or they were sent already"]
    for line in lines[:_TOLD]:
        click.echo(line, err=True)
    if len(lines) > _TOLD:
        click.echo(f"and {len(lines) - _TOLD:,} more", err=True)
    return sum(not one.is_there for one in left_out)


async def _settle(broker: str, stored: Letters) -> None:
    topics = await stored.unsettled_topics()
    for topic in topics:
        sent, not_sent = await Replaying(broker, topic, stored).settle()
        click.echo(
            f"{topic}: of {sent + not_sent:,} letters that an earlier command began to send, "
            f"{sent:,} are sent, {not_sent:,} are not",
            err=True,
        )


def _mend(how: How) -> Mend:
    if how.upcast:
        return how.upcast
    return by_expression(how.expression) if how.expression else lambda payload: payload


def _all(
    letters: Sequence[StoredLetter], mend: Mend, summary: _Summary
) -> list[tuple[StoredLetter, bytes]]:
    ready: list[tuple[StoredLetter, bytes]] = []
    for letter in letters:
        try:
            payload = None if letter.payload is None else mend(letter.payload)
        except ValueError as error:
            summary.refuse(letter, said(error))
            continue
        if letter.payload is None:
            summary.refuse(letter, "no value (a tombstone): there is nothing to send")
        elif payload is None:
            summary.passed_over += 1
        else:
            ready.append((letter, payload))
    return ready


def _edited(letters: Sequence[StoredLetter], shown: Progress) -> list[tuple[StoredLetter, bytes]]:
    named: dict[str, StoredLetter] = {}
    for one in letters:  # a topic that was made anew has the same offsets again
        named[f"{one.name}@{one.key.epoch}" if one.name in named else one.name] = one
    given = {
        name: (f"{one.reason}: {one.detail} {one.context}", one.payload or b"")
        for name, one in named.items()
    }
    shown.stop()
    with TemporaryDirectory(prefix="headrace-") as folder:  # payloads are nobody else's business
        file = Path(folder) / "dead-letters.txt"
        file.write_bytes(as_text(given))
        _open_editor(file)
        mended = from_text(file.read_bytes(), list(given))
    shown.start()
    return [(one, mended[name]) for name, one in named.items() if name in mended]


def _open_editor(file: Path) -> None:
    try:
        click.edit(filename=str(file))
    except click.ClickException as error:  # click's own words name neither variable
        raise MendingError(
            f"--edit: {error.format_message()}. Set EDITOR (or VISUAL, which goes before it) to an "
            "editor that is on PATH: EDITOR=nano"
        ) from None


def _there(
    ready: Sequence[tuple[StoredLetter, bytes]],
    partitions: Mapping[str, int] | None,
    summary: _Summary,
) -> list[tuple[StoredLetter, bytes]]:
    """Leave out letters that have no place to go to, which must not hold up the others."""
    found: list[tuple[StoredLetter, bytes]] = []
    for letter, payload in ready:
        topic, partition = letter.key.topic, letter.key.partition
        if topic.endswith(REPLAY):
            summary.refuse(
                letter, f"no worker reads {topic}: change what refused it, and replay again"
            )
        elif partitions is not None and partition >= partitions[topic]:
            summary.refuse(
                letter, f"Kafka has no partition {partition} of {topic} (any more): widen the topic"
            )
        else:
            found.append((letter, payload))
    return found


def _judged(
    settings: Settings, ready: Sequence[tuple[StoredLetter, bytes]], how: How, summary: _Summary
) -> Iterator[Mended]:
    streams = known_streams(settings)
    now = time.time_ns() // 1_000_000
    decoders: dict[str, Decoder] = {}
    for letter, payload in ready:
        topic = letter.key.topic
        stream = stream_of(topic, streams, settings)
        if stream is None:
            summary.refuse(letter, f"no stream has the topic {topic}")
            continue
        if topic not in decoders:
            decoders[topic] = decoder(stream, settings)
        timestamp = now if how.now else round(letter.key.time.timestamp() * 1_000)
        refusals = list(judge(decoders[topic], [Given(letter.name, payload)], timestamp))
        for refusal in refusals:
            varies = f" ({refusal.context})" if refusal.context else ""
            summary.refuse(letter, f"{refusal.reason}: {refusal.detail}{varies}")
        if not refusals:
            yield Mended(letter, payload, timestamp)


async def _send(broker: str, stored: Letters, good: Sequence[Mended], summary: _Summary) -> None:
    def count(letters: int) -> None:
        summary.sent += letters

    def topic(one: Mended) -> str:
        return one.letter.key.topic

    for name, some in groupby(sorted(good, key=topic), key=topic):
        places = await Replaying(broker, name, stored).send(list(_chunks(some)), count)
        for key, place in list(places.items())[:_TOLD]:
            click.echo(f"{key.topic}-{key.partition}-{key.offset}: sent to {place}")


def _chunks(letters: Iterator[Mended]) -> Iterator[list[Mended]]:
    chunk: list[Mended] = []
    size = 0
    for one in letters:
        if chunk and (len(chunk) == _AT_ONCE or size + len(one.payload) > _AT_ONCE_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(one)
        size += len(one.payload)
    if chunk:
        yield chunk


def _tell(summary: _Summary, how: How) -> None:
    for line in summary.refused:
        click.echo(f"not sent: {line}", err=True)
    if summary.refused_count > len(summary.refused):
        click.echo(f"and {summary.refused_count - len(summary.refused):,} more", err=True)
    verb = "would be sent" if how.dry_run else "sent"
    over = f", {summary.passed_over:,} passed over" if summary.passed_over else ""
    click.echo(f"{summary.sent:,} {verb}, {summary.refused_count:,} still refused{over}")
    if summary.refused_count or summary.unknown:
        raise SystemExit(1)
