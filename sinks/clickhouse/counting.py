"""Counting what is stored, without a sink."""

from models.streams import Stream
from sinks.clickhouse import names as n
from sinks.clickhouse.names import Names, text
from sinks.clickhouse.options import ClickhouseOptions
from sinks.clickhouse.server import Server


async def count(options: ClickhouseOptions, stream: Stream, topic: str) -> int:
    """Count the good rows of a topic, its dead letters not. Raises SinkUnavailable."""
    names, server = Names.of(options, stream), Server(options)
    try:
        where = f"{n.TOPIC} = {text(topic)} AND {n.REFUSED} = ''"
        return int(await server.query(f"SELECT count() FROM {names.records} WHERE {where}"))
    finally:
        await server.close()
