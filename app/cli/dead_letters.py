"""`headrace dead-letters`."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import click

from app.cli.dead_letters_replay import How, replay_all
from app.cli.moments import Moment
from app.letters.streams import topics_of
from batching.cancellation import run_until_interrupted
from config.settings import Settings
from config.streams import known_streams
from db.dead_letters import Letters, StoredLetter, Wanted
from db.migrate import migrate
from devstack.place.addresses import Places
from devstack.screen.wrapped import wrapped
from models.dead_letters import REASONS
from telemetry import fault_points

Command = TypeVar("Command", bound=Callable[..., Any])
_WIDTH = 160


@click.group("dead-letters")
def dead_letters() -> None:
    """Look at records that were refused, mend them, send them again."""


def _which(command: Command) -> Command:
    """Add the options that say which letters are meant."""
    for option in (
        click.argument("letters", nargs=-1, metavar="[LETTER]..."),
        click.option("--to", "end", type=Moment(), help="Of records before that time."),
        click.option("--from", "begin", type=Moment(), help="Of records since that time."),
        click.option(
            "--reason",
            "reasons",
            type=click.Choice(REASONS),
            multiple=True,
            metavar="REASON",
            help="Of this reason, like invalid.",
        ),
        click.option("--stream", "streams", multiple=True, help="Of this stream."),
    ):
        command = option(command)
    return command


def _wanted(
    settings: Settings,
    letters: Sequence[str],
    streams: Sequence[str],
    reasons: Sequence[str],
    times: tuple[datetime | None, datetime | None],
    *,
    replayed_too: bool,
) -> Wanted:
    known = known_streams(settings)
    for name in streams:
        if name not in known:
            raise click.BadParameter(
                f"no stream {name!r}; there are {', '.join(known)}", param_hint="--stream"
            )
    begin, end = times
    if begin and end and begin >= end:
        raise click.BadParameter("must be before --to", param_hint="--from")
    topics = [topic for name in streams for topic in topics_of(name, settings)]
    return Wanted(
        topics or None, list(reasons) or None, *times, list(letters) or None, replayed_too
    )


@dead_letters.command("list")
@_which
@click.option("--waiting", is_flag=True, help="Only those that were not sent again.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
def list_(
    *,
    letters: tuple[str, ...],
    streams: tuple[str, ...],
    reasons: tuple[str, ...],
    begin: datetime | None,
    end: datetime | None,
    waiting: bool,
    limit: int,
) -> None:
    """List dead letters, the oldest first, and count them by stream and reason.

    A LETTER is named by its place: media_events-0-17 is offset 17 of partition 0.
    """
    settings = Settings()
    wanted = _wanted(settings, letters, streams, reasons, (begin, end), replayed_too=not waiting)
    asyncio.run(_list(_database(settings), wanted, limit))


async def _list(dsn: str, wanted: Wanted, limit: int) -> None:
    await migrate(dsn)
    async with Letters.opened(dsn) as stored:
        for letter in await stored.found(wanted, limit):
            click.echo(wrapped(_line(letter)))
        counts = await stored.counted(wanted)
    for one in counts:
        again = f", {one.replayed:,} sent again" if one.replayed else ""
        click.echo(f"{one.topic}, {one.reason}: {one.letters:,}{again}", err=True)
    total = sum(one.letters for one in counts)
    if total > limit:
        click.echo(
            f"{limit:,} of {total:,} are listed, the oldest: --limit says how many", err=True
        )
    if not counts:
        click.echo("there are no such dead letters", err=True)


def _line(letter: StoredLetter) -> str:
    varies = f" ({letter.context})" if letter.context else ""
    again = "  [sent again]" if letter.replayed_at else ""
    said = " ".join(f"{letter.detail}{varies}".split())[:_WIDTH]
    return f"{letter.name}  {letter.key.time:%Y-%m-%dT%H:%M:%SZ}  {letter.reason}: {said}{again}"


@dead_letters.command()
@click.argument("letter")
def show(letter: str) -> None:
    """Show all that is known of a LETTER, like media_events-0-17, and its bytes."""
    settings = Settings()
    asyncio.run(_show(_database(settings), letter))


async def _show(dsn: str, name: str) -> None:
    await migrate(dsn)
    async with Letters.opened(dsn) as stored:
        found = await stored.found(Wanted(names=[name]), 10)
    if not found:
        raise click.ClickException(
            f"there is no dead letter {name}. They are called like media_events-0-17: "
            "headrace dead-letters list"
        )
    for letter in found:  # one for each life of the topic
        for said, value in _facts(letter).items():
            click.echo(f"{said:8} {value}")
        click.echo()
        # as it is: a terminal shows what it can
        click.echo(b"(no value: a tombstone)" if letter.payload is None else letter.payload)


def _facts(letter: StoredLetter) -> dict[str, str]:
    key = letter.key
    again = "no"
    if letter.replayed:
        again = (
            f"{letter.replayed_at:%Y-%m-%dT%H:%M:%SZ} to {letter.replayed}"
            if letter.replayed_at
            else "begun, and not known to be done: `headrace dead-letters replay` finds out"
        )
    facts = {
        "place": f"{key.topic}, partition {key.partition}, offset {key.offset}, epoch {key.epoch}",
        "time": f"{key.time.isoformat()} (the record's), stored {letter.stored_at.isoformat()}",
        "reason": letter.reason,
        "detail": letter.detail,
        "context": letter.context,
        "replayed": again,
    }
    return {name: value for name, value in facts.items() if value}


@dead_letters.command()
@_which
@click.option("--all", "everything", is_flag=True, help="All of them, if nothing says which.")
@click.option("--jq", "expression", metavar="EXPR", help="Mend each: --jq '.asn |= tonumber'.")
@click.option("--edit", is_flag=True, help="Mend them in $EDITOR, 100 at most.")
@click.option("--now", is_flag=True, help="With the time of sending, not the record's own.")
@click.option("--dry-run", is_flag=True, help="Only show what would be sent, and what not.")
def replay(
    *,
    letters: tuple[str, ...],
    streams: tuple[str, ...],
    reasons: tuple[str, ...],
    begin: datetime | None,
    end: datetime | None,
    everything: bool,
    expression: str | None,
    edit: bool,
    now: bool,
    dry_run: bool,
) -> None:
    """Send dead letters to their topic again, each once: those of LETTER, or of the options.

    Each is mended, then judged by the stream's contract as a worker would; what is still bad is
    shown and not sent. A letter that was sent knows it, and is not sent again. Killed in between
    and run again, it goes on where it was.
    """
    if expression and edit:
        raise click.UsageError("give --jq or --edit, not both")
    which = (letters, streams, reasons, begin, end)
    if not any(which) and not everything:
        raise click.UsageError("say which: name LETTERs, --stream, --reason, --from, or --all")
    settings = Settings()
    if settings.fault:
        fault_points.arm(settings.fault)
    wanted = _wanted(settings, letters, streams, reasons, (begin, end), replayed_too=False)
    broker = Places.find(settings).broker.address
    how = How(expression=expression, edit=edit, now=now, dry_run=dry_run)
    run_until_interrupted(replay_all(settings, _database(settings), broker, wanted, how))


def _database(settings: Settings) -> str:
    return Places.find(settings).database.address
