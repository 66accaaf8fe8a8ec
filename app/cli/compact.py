"""`headrace compact`: few files of many."""

import asyncio
from datetime import UTC, datetime, timedelta

import click

from app.cli.parameters import Duration
from config.document import ConfiguredSink
from config.environment import SettingsError
from config.settings import Settings
from sinks.configured import configured_sinks, kind_of, streams_here, streams_of
from sinks.parquet.options import ParquetOptions

_LEAST_SECONDS = 3_600
_MEGABYTE = 1_000_000


@click.group()
def compact() -> None:
    """Put few files in the place of many, in Parquet sinks."""


@compact.command()
@click.option("--sink", "names", metavar="NAME", multiple=True, help="Only of this sink.")
@click.option(
    "--older-than",
    type=Duration(),
    default="7d",
    show_default=True,
    help="Only hours that no worker has written to for so long (1h or more): longer than any of "
    "them may be frozen and come back.",
)
@click.option(
    "--target-mb",
    default=128,
    show_default=True,
    type=click.IntRange(1, 1_024),
    help="New objects are no larger; about ten times that is needed in memory.",
)
@click.option("--yes", is_flag=True, help="Do it. Without it, only what would be done is told.")
def parquet(*, names: tuple[str, ...], older_than: float | None, target_mb: int, yes: bool) -> None:
    """Put one object in the place of many small ones, in old hours of Parquet sinks.

    Workers may run meanwhile. Readers see no row twice; while an hour's objects are exchanged, one
    that lists it misses its rows for a moment, and one that has listed it before finds objects
    gone: run it while nobody reads old hours. After a crash run it again, which finishes what was
    begun. In S3 the keys need s3:DeleteObject for this.
    """
    if older_than is None or older_than < _LEAST_SECONDS:
        raise click.UsageError("--older-than: give 1h or more")
    before = datetime.now(UTC) - timedelta(seconds=older_than)
    asyncio.run(_compact(Settings(), names, before, target_mb * _MEGABYTE, is_meant=yes))


async def _compact(
    settings: Settings,
    names: tuple[str, ...],
    before: datetime,
    target_bytes: int,
    *,
    is_meant: bool,
) -> None:
    found = 0
    for sink in _sinks(settings, names):
        # a sink that is named has to have one; of all sinks some may be of other streams
        of = streams_of if names else streams_here
        for stream in of(settings, sink):
            topic = settings.topic(stream.topic)
            found += await _compact_topic(sink, topic, before, target_bytes, is_meant=is_meant)
    if not is_meant and found:
        click.echo("nothing was changed: --yes does it")


def _sinks(settings: Settings, names: tuple[str, ...]) -> list[ConfiguredSink]:
    found = {
        name: sink
        for name, sink in configured_sinks(settings).items()
        if isinstance(sink.options, ParquetOptions)
    }
    there = ", ".join(found) or "none"
    for name in names:
        if name not in found:
            raise SettingsError(f"--sink {name}: no such Parquet sink; there are {there}")
    if not found:
        raise SettingsError(
            "headrace.yaml names no Parquet sink: docs/guides/parquet.md says how to have one"
        )
    return [sink for name, sink in found.items() if not names or name in names]


async def _compact_topic(
    sink: ConfiguredSink, topic: str, before: datetime, target_bytes: int, *, is_meant: bool
) -> int:
    """Compact, or only tell it; return how many objects come of it."""
    kind_of(sink)  # says what has to be installed
    from sinks.parquet import compaction  # noqa: PLC0415 - it imports pyarrow
    from sinks.parquet.opening import objects_of  # noqa: PLC0415 - and obstore

    options = sink.options
    assert isinstance(options, ParquetOptions)  # noqa: S101 - chosen by it
    objects = objects_of(options, sink.name)
    try:
        if is_meant:
            for key in await compaction.finish_all(objects, topic):
                click.echo(f"{sink.name}: {key}: finished, which a run before had begun")
        groups = await compaction.plan(objects, topic, before=before, target_bytes=target_bytes)
        for number, group in enumerate(groups, 1):
            megabytes = group.size_bytes / _MEGABYTE
            what = f"{len(group.keys)} objects, {megabytes:.1f} MB, become one"
            click.echo(f"{sink.name}: {number} of {len(groups)}: {group.folder}: {what}")
            if is_meant:
                await compaction.compact(
                    objects,
                    topic,
                    group,
                    compression_level=options.compression_level,
                    row_group_rows=options.row_group_rows,
                )
        if not groups:
            click.echo(f"{sink.name}: {topic}: nothing to compact in hours before {before:%F %R}")
        return len(groups)
    finally:
        await objects.close()
