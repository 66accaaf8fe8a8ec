"""The kind `parquet`: light to import, as pyarrow and obstore come when one is opened."""

from models.positions import Positions
from models.streams import Stream
from sinks.base import Sink
from sinks.history import History, TimeSpan
from sinks.kinds import Flush, SinkKind, Weight
from sinks.parquet.options import ParquetOptions


def open_parquet(options: ParquetOptions, stream: Stream, name: str) -> Sink:
    """Open a sink of one stream; nothing is asked or made before its `positions`."""
    from sinks.parquet.opening import opened  # noqa: PLC0415 - it imports pyarrow and obstore

    return opened(options, stream, name)


async def begin_epoch(options: ParquetOptions, stream: Stream, topic: str, begun: Positions) -> int:
    """Begin the topic's next epoch at these positions; return its number."""
    from sinks.parquet.opening import opened  # noqa: PLC0415 - it imports pyarrow and obstore

    sink = opened(options, stream, "")
    try:
        return await sink.begin_epoch(topic, begun)
    finally:
        await sink.close()


async def count(options: ParquetOptions, stream: Stream, topic: str) -> int:
    """Count the rows of a topic, in its objects."""
    history = open_history(options, stream, "", topic, TimeSpan(None, None))
    try:
        await history.runs()
        return await history.count()
    finally:
        await history.close()


async def weigh(options: ParquetOptions, topic: str) -> Weight | None:
    """Weigh what is stored of a topic; None where nothing is."""
    from sinks.parquet import weighing  # noqa: PLC0415 - it imports pyarrow
    from sinks.parquet.opening import objects_of  # noqa: PLC0415 - and obstore

    objects = objects_of(options, "")
    try:
        return await weighing.weigh(objects, topic)
    finally:
        await objects.close()


KIND = SinkKind(
    name="parquet",
    options=ParquetOptions,
    open=open_parquet,
    packages=("pyarrow", "obstore"),
    extra="parquet",
    flush=Flush(records=1_000_000, size_bytes=512 * 1024 * 1024, seconds=10.0),
    begin_epoch=begin_epoch,
    count=count,
    place=lambda options: options.place,
    weigh=weigh,
)


def open_history(
    options: ParquetOptions, stream: Stream, name: str, topic: str, span: TimeSpan
) -> History:
    """Open what a sink of this kind has stored, for reading."""
    from sinks.parquet.opening import history  # noqa: PLC0415 - as above

    return history(options, stream, name, topic, span)
