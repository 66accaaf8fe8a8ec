"""`headrace replay`."""

import dataclasses
import hashlib
import os
import re
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import click

from app.cli.moments import Moment
from app.cli.replay_letters import SOURCE as LETTERS
from app.cli.replay_letters import refuse_what_letters_do_not_know, replay_letters
from app.cli.replay_progress import Shown, progress, tell
from app.cli.replay_source import Named
from app.letters.streams import REPLAY
from app.replaying.run import Plan, Summary, fill, replace, store
from app.replaying.sink_target import SinkTarget, Topics
from app.sending.decoding import decoder
from batching.cancellation import run_until_interrupted
from batching.tuning import tune_collector
from config.document import ConfiguredSink
from config.environment import PlainError
from config.settings import Settings
from config.streams import known_streams, user_sql
from db.connecting import reach
from db.dsn import check
from db.errors import meaning
from devstack.place import replay_notes
from devstack.place.addresses import Places, without_password
from devstack.place.data_dir import DataDir
from devstack.place.replay_notes import ReplayNote
from devstack.processes.identity import Identity
from models.streams import Stream
from models.writing import EventWriter, UnknownVersionError
from sinks.configured import configured_sinks, flush_of, kind_of
from sinks.history import TimeSpan
from sinks.kinds import Flush
from sinks.postgres.filling import Filling
from sinks.postgres.replacing import Replacing
from sinks.postgres.staging import Staging
from telemetry import fault_points

_SAME = "same"
_PAUSED = 130
_MOST_TOGETHER = 100_000
_MOST_BYTES_TOGETHER = 64 * 1024 * 1024


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
    "--source",
    required=True,
    help="parquet, parquet:NAME (a sink's), postgres (raw rows) or dead-letters.",
)
@click.option("--path", help="Of Parquet that is no sink of headrace.yaml: a folder, or s3://.")
@click.option("--from", "begin", type=Moment(), help="Events since then; by default all.")
@click.option("--to", "end", type=Moment(), help="Events before then; by default all.")
@click.option("--upcast", metavar="VERSION", help="Bring older events to this version first.")
@click.option("--into", required=True, metavar="same|DSN|SINK", help="See above.")
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
    empty of the stream; without --to a worker can go on there. --into SINK does so with a sink of
    headrace.yaml. --into same replaces each row by its new one, and makes the windows again. Ctrl-C
    or SIGTERM pauses: the same command goes on, also after kill -9. See docs/guides/replay.md.
    """
    settings = Settings()
    if settings.fault:
        fault_points.arm(settings.fault)
    asked = _Asked(stream, source, path, TimeSpan(begin, end), upcast, into)
    if begin and end and begin >= end:
        raise click.BadParameter("must be before --to", param_hint="--from")
    if source == LETTERS:
        given = {"--path": path, "--speed": speed, "--add-missing": add_missing}
        given |= {"--with-fewer": with_fewer, "--anew": anew}
        refuse_what_letters_do_not_know(into, given)
        declared = _stream(stream, settings)
        writer = _writer(declared, upcast)
        run_until_interrupted(replay_letters(settings, declared, asked.span, writer))
        return
    tune_collector()
    data_dir = DataDir(Path(settings.home).resolve())
    with progress(partial(_keep, data_dir, stream)) as shown:
        try:
            summary = run_until_interrupted(
                _replay(
                    settings, asked, speed or None, shown, anew=anew, more=(add_missing, with_fewer)
                ),
                by_sigterm=True,
            )
        except KeyboardInterrupt:
            click.echo(f"paused: {shown.words}. The same command goes on", err=True)
            sys.exit(_PAUSED)
    replay_notes.forget(data_dir, stream)
    tell(summary, into if into in configured_sinks(settings) else None)


def _keep(data_dir: DataDir, stream: str, words: str) -> None:
    if me := Identity.of(os.getpid()):
        replay_notes.keep(data_dir, ReplayNote(stream, words, me, time.time()))


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
    sink = configured_sinks(settings).get(asked.into)
    dsn = places.database.address if sink or asked.into == _SAME else await _reached(asked.into)
    topic = settings.topic(stream.topic)
    plan = Plan(
        replay=_id(asked, settings, dsn, sink),
        broker=places.broker.address,
        topic=f"{topic}{REPLAY}",
        replicas=settings.topic_replicas,
        stream=stream,
        span=asked.span,
        history=Named(asked.source, asked.path).history(
            settings, stream, places.database.address, asked.span
        ),
        writer=_writer(stream, asked.upcast),
        decoder=decoder(stream, settings),
        said=_said(asked),
        speed=speed,
        anew=anew,
    )
    target_topic = topic if asked.span.end is None else plan.topic
    staging = Staging(dsn, stream, plan.replay)
    if sink:
        kind, topics = kind_of(sink), Topics(plan.broker, topic, target_topic)
        target = SinkTarget(sink, kind, stream, topics, staging)
        return await store(_for_sink(plan, flush_of(sink, kind)), target, target_topic, shown)
    if asked.into != _SAME:
        filling = Filling(dsn, stream, target_topic, asked.span, user_sql(settings))
        return await fill(plan, filling, target_topic, shown)
    add_missing, with_fewer = more
    replacing = Replacing(
        staging, stream, asked.span, add_missing=add_missing, with_fewer=with_fewer
    )
    return await replace(plan, staging, replacing, shown)


def _for_sink(plan: Plan, flush: Flush) -> Plan:
    """Write as much at once as its role does, up to what is held in memory twice without harm."""
    counted_by_core = dataclasses.replace(plan.stream, windows=(), headline=None)
    records = min(flush.records, _MOST_TOGETHER)
    size_bytes = min(flush.size_bytes, _MOST_BYTES_TOGETHER)
    together = Flush(records, size_bytes, flush.seconds)
    return dataclasses.replace(plan, stream=counted_by_core, flush=together)


def _stream(name: str, settings: Settings) -> Stream:
    known = known_streams(settings)
    if name not in known:
        raise click.BadParameter(
            f"no stream {name!r}; there are {', '.join(known)}", param_hint="--stream"
        )
    return known[name]


async def _reached(dsn: str) -> str:
    """Give the DSN of --into, if it can be used: later errors would name HEADRACE_DATABASE."""
    try:
        check(dsn)
    except ValueError as error:
        raise click.BadParameter(
            f"no sink of headrace.yaml, and {error}, or say same", param_hint="--into"
        ) from None
    try:
        await reach(dsn)
    except Exception as error:
        if (words := meaning(error, "--into")) is None:
            raise
        raise PlainError(words) from error
    return dsn


def _writer(stream: Stream, upcast: str | None) -> EventWriter:
    try:
        return EventWriter(stream, upcast)
    except UnknownVersionError as error:
        raise click.BadParameter(str(error), param_hint="--upcast") from None


def _id(asked: _Asked, settings: Settings, dsn: str, sink: ConfiguredSink | None) -> str:
    """Name the replay by what it does, so that the same command finds it again."""
    said: tuple[object, ...] = (*_parts(asked), settings.topic(""), without_password(dsn)[0])
    if sink:
        place = kind_of(sink).place
        said = (*said, sink.name, place and place(sink.options))
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def _said(asked: _Asked) -> str:
    """Write the options as they were given, but of a DSN only where it is."""
    into = asked.into
    if "://" in into:
        parts = urlsplit(without_password(into)[0])
        into = urlunsplit(parts._replace(query="", fragment=""))
    begin, end = (at and at.isoformat() for at in (asked.span.begin, asked.span.end))
    options = {"--source": asked.source, "--path": asked.path, "--from": begin, "--to": end}
    options |= {"--upcast": asked.upcast, "--into": into}
    return " ".join(f"{name} {value}" for name, value in options.items() if value)


def _parts(asked: _Asked) -> tuple[object, ...]:
    return asked.stream, asked.source, asked.path, asked.span, asked.upcast
