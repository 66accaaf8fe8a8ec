"""Beginning a topic's next epoch by hand."""

from collections.abc import Mapping

from models.positions import Position, TopicPartition
from models.streams import Stream
from sinks.clickhouse.names import Names
from sinks.clickhouse.options import ClickhouseOptions
from sinks.clickhouse.positions import keep, newest_epoch
from sinks.clickhouse.server import Server


async def begin_epoch(
    options: ClickhouseOptions,
    stream: Stream,
    topic: str,
    begun: Mapping[TopicPartition, Position],
) -> int:
    """Begin the topic's next epoch at these positions; return its number.

    The positions' own epochs are not looked at. A worker that still runs is fenced. Raises
    SinkUnavailable.
    """
    names = Names.of(options, stream)
    server = Server(options)
    try:
        epoch = int(await server.query(f"SELECT {newest_epoch(names, topic)}")) + 1
        await keep(server, names, {tp: at._replace(epoch=epoch) for tp, at in begun.items()})
    finally:
        await server.close()
    return epoch
