"""`headrace replay`."""

import asyncio
import hashlib
import re
import sys
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import click
from pydantic import ValidationError

from app.cli.moments import Moment
from app.cli.replay_progress import Shown, progress, tell
from app.letters.streams import REPLAY
from app.replaying.run import Plan, Summary, fill, replace
from app.sending.decoding import decoder
from batching.tuning import tune_collector
from config.environment import plain_words
from config.settings import Settings
from config.streams import known_streams, user_sql
from db.dsn import check
from devstack.place.addresses import Places, without_password
from models.streams import Stream
from models.writing import EventWriter, UnknownVersionError
from sinks.configured import configured_sinks, kind_of
from sinks.history import History, TimeSpan
from sinks.parquet.kind import open_history
from sinks.parquet.options import ParquetOptions
from sinks.postgres.filling import Filling
from sinks.postgres.history import PostgresHistory
from sinks.postgres.replacing import Replacing
from sinks.postgres.staging import Staging
from telemetry import fault_points

_PARQUET = "parquet"
_POSTGRES = "postgres"
_SAME = "same"
_PAUSED = 130


class Speed(click.ParamType):
    """`60x`, or `max`."""

    name = "speed"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if value == "max":
            return 0.0
        match = re.fullmatch(r"(\d{1,7}(?:\.\d+)?)x", str(value))
        if match is None or not float(match[1]):
            self.fail(f"{value!r} is no speed: write 60x, or max", param, ctx)
        return float(match[1])


@dataclass(frozen=True, slots=True)
class _Asked:
    """The options that make a replay the one that it is."""

    stream: str
    source: str
    path: str | None
    span: TimeSpan
    upcast: str | None
    into: str


@click.command()
@click.option("--stream", required=True, help="Which stream, like media_events.")
@click.option(
    "--source", required=True, help="parquet, parquet:NAME (a sink's), or postgres (raw rows)."
)
@click.option("--path", help="Of Parquet that is no sink of headrace.yaml: a folder, or s3://.")
@click.option("--from", "begin", type=Moment(), help="Events since then; by default all.")
@click.option("--to", "end", type=Moment(), help="Events before then; by default all.")
@click.option("--upcast", metavar="VERSION", help="Bring older events to this version first.")
@click.option("--into", required=True, metavar="same|DSN", help="See above.")
@click.option("--speed", type=Speed(), default="max", show_default=True, help="60x, or max.")
@click.option("--add-missing", is_flag=True, help="same: also add rows that are not there.")
@click.option("--with-fewer", is_flag=True, help="same: also where windows lose something.")
@click.option("--anew", is_flag=True, help="Drop what an unfinished replay has left.")
def replay(
    *,
    stream: str,
    source: str,
    path: str | None,
    begin: datetime | None,
    end: datetime | None,
    upcast: str | None,
    into: str,
    speed: float,
    add_missing: bool,
    with_fewer: bool,
    anew: bool,
) -> None:
    """Send a stream's stored history through the pipeline again, exactly once.

    It goes through the topic STREAM.replay, beside live traffic. --into DSN fills another database,
    empty of the stream; without --to a worker can go on there. --into same replaces each row by its
    new one, and makes the windows again. Ctrl-C pauses: the same command goes on, also after
    kill -9. docs/guides/replay.md tells more.
    """
    settings = Settings()
    if settings.fault:
        fault_points.arm(settings.fault)
    asked = _Asked(stream, source, path, TimeSpan(begin, end), upcast, into)
    if begin and end and begin >= end:
        raise click.BadParameter("must be before --to", param_hint="--from")
    tune_collector()
    with progress() as shown:
        try:
            summary = asyncio.run(
                _replay(
                    settings, asked, speed or None, shown, anew=anew, more=(add_missing, with_fewer)
                )
            )
        except KeyboardInterrupt:
            click.echo(f"paused: {shown.words}. The same command goes on", err=True)
            sys.exit(_PAUSED)
    tell(summary)


async def _replay(
    settings: Settings,
    asked: _Asked,
    speed: float | None,
    shown: Shown,
    *,
    anew: bool,
    more: tuple[bool, bool],
) -> Summary:
    stream = _stream(asked.stream, settings)
    if not stream.keeps_rows:
        raise click.ClickException(
            f"raw rows of {stream.topic} are not kept (HEADRACE_WINDOWS_ONLY): what a replay "
            "stores could not be counted"
        )
    places = Places.find(settings)
    dsn = places.database.address if asked.into == _SAME else _checked(asked.into)
    topic = settings.topic(stream.topic)
    plan = Plan(
        replay=_id(asked, settings, dsn),
        broker=places.broker.address,
        topic=f"{topic}{REPLAY}",
        replicas=settings.topic_replicas,
        stream=stream,
        span=asked.span,
        history=_history(settings, asked, stream, places.database.address),
        writer=_writer(stream, asked.upcast),
        decoder=decoder(stream, settings),
        speed=speed,
        anew=anew,
    )
    if asked.into != _SAME:
        target_topic = topic if asked.span.end is None else plan.topic
        filling = Filling(dsn, stream, target_topic, asked.span, user_sql(settings))
        return await fill(plan, filling, target_topic, shown)
    staging = Staging(dsn, stream, plan.replay)
    add_missing, with_fewer = more
    replacing = Replacing(
        staging, stream, asked.span, add_missing=add_missing, with_fewer=with_fewer
    )
    return await replace(plan, staging, replacing, shown)


def _stream(name: str, settings: Settings) -> Stream:
    known = known_streams(settings)
    if name not in known:
        raise click.BadParameter(
            f"no stream {name!r}; there are {', '.join(known)}", param_hint="--stream"
        )
    return known[name]


def _checked(dsn: str) -> str:
    try:
        check(dsn)
    except ValueError as error:
        raise click.BadParameter(f"{error}, or say same", param_hint="--into") from None
    return dsn


def _writer(stream: Stream, upcast: str | None) -> EventWriter:
    try:
        return EventWriter(stream, upcast)
    except UnknownVersionError as error:
        raise click.BadParameter(str(error), param_hint="--upcast") from None


def _history(settings: Settings, asked: _Asked, stream: Stream, dsn: str) -> History:
    topic = settings.topic(stream.topic)
    if asked.source == _POSTGRES:
        return PostgresHistory(dsn, stream, topic, asked.span)
    if asked.source == "dead-letters":
        raise click.BadParameter(
            "letters are sent to their own topic: headrace dead-letters replay",
            param_hint="--source",
        )
    kind, _, name = asked.source.partition(":")
    if kind != _PARQUET:
        raise click.BadParameter(
            f"{asked.source!r} is none: parquet, parquet:NAME or postgres", param_hint="--source"
        )
    if asked.path is not None:
        return open_history(_at(asked.path), stream, "--path", topic, asked.span)
    sinks = {
        each: one
        for each, one in configured_sinks(settings).items()
        if one.entry.kind == _PARQUET and name in ("", each)
    }
    if len(sinks) != 1:
        what = f"several Parquet sinks: {', '.join(sinks)}" if sinks else "no such Parquet sink"
        raise click.BadParameter(
            f"headrace.yaml names {what}. Say parquet:NAME, or --path FOLDER",
            param_hint="--source",
        )
    [(each, configured)] = sinks.items()
    kind_of(configured)
    options = cast("ParquetOptions", configured.options)
    return open_history(options, stream, each, topic, asked.span)


def _at(path: str) -> ParquetOptions:
    try:
        return ParquetOptions(path=path)
    except ValidationError as error:
        words = "; ".join(plain_words(one["type"], one["msg"]) for one in error.errors())
        raise click.BadParameter(words.removeprefix("path: "), param_hint="--path") from None


def _id(asked: _Asked, settings: Settings, dsn: str) -> str:
    """Name the replay by what it does, so that the same command finds it again."""
    said = (*_parts(asked), settings.topic(""), without_password(dsn)[0])
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def _parts(asked: _Asked) -> tuple[object, ...]:
    return asked.stream, asked.source, asked.path, asked.span, asked.upcast
