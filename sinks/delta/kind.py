"""The kind `delta`: light to import, as deltalake, pyarrow and obstore come when one is opened."""

from collections.abc import Iterator, Sequence

from models.positions import Positions
from models.streams import Stream
from sinks.base import Sink
from sinks.delta.options import PARTITION, DeltaOptions
from sinks.kinds import Flush, SinkKind


def open_delta(options: DeltaOptions, stream: Stream, name: str) -> Sink:
    """Open a sink of one stream; nothing is asked or made before its `positions`."""
    from sinks.delta.opening import opened  # noqa: PLC0415 - it imports deltalake and pyarrow

    return opened(options, stream, name)


async def begin_epoch(options: DeltaOptions, stream: Stream, topic: str, begun: Positions) -> int:
    """Begin the topic's next epoch at these positions; return its number."""
    from sinks.delta.opening import opened  # noqa: PLC0415 - it imports deltalake and pyarrow

    sink = opened(options, stream, "")
    try:
        return await sink.begin_epoch(topic, begun)
    finally:
        await sink.close()


async def count(options: DeltaOptions, stream: Stream, topic: str) -> int:
    """Count the rows that are stored of a topic."""
    from sinks.delta.opening import opened  # noqa: PLC0415 - it imports deltalake and pyarrow

    sink = opened(options, stream, "")
    try:
        return await sink.count(topic)
    finally:
        await sink.close()


def check(options: DeltaOptions, streams: Sequence[Stream]) -> Sequence[str]:
    """Say which streams have a column that the table has for itself."""
    del options

    def wrong() -> Iterator[str]:
        for stream in streams:
            if any(column.name.lower() == PARTITION for column in stream.columns):
                yield f"streams: {stream.topic} has a column `date`, as tables do: leave it out"

    return list(wrong())


KIND = SinkKind(
    name="delta",
    options=DeltaOptions,
    open=open_delta,
    packages=("deltalake", "pyarrow", "obstore"),
    extra="delta",
    flush=Flush(records=1_000_000, size_bytes=512 * 1024 * 1024, seconds=10.0),
    begin_epoch=begin_epoch,
    count=count,
    place=lambda options: options.place,
    check=check,
)
