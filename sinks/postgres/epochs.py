"""Beginning a topic's next epoch, by hand."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from db.connecting import connect
from db.queries import load
from models.positions import Position, TopicPartition

_SECONDS = 10


async def stored_positions(dsn: str, topics: Iterable[str]) -> dict[TopicPartition, Position]:
    """Read the positions of topics; empty where nothing of them was ever read."""
    connection = await connect(dsn, timeout=_SECONDS, command_timeout=_SECONDS)
    try:
        return {
            TopicPartition(topic, row[0]): Position(*row[1:])
            for topic in topics
            for row in await connection.fetch(_sql("topic_positions"), topic)
        }
    finally:
        await connection.close()


async def begin_epoch(dsn: str, topic: str, begun: Mapping[TopicPartition, Position]) -> int:
    """Begin the topic's next epoch at these positions; return its number.

    The positions' own epochs are not looked at.
    """
    connection = await connect(dsn)
    try:
        columns = zip(*((tp.partition, *at[1:]) for tp, at in begun.items()), strict=True)
        rows = await connection.fetch(_sql("new_epoch"), topic, *columns)
        return int(rows[0]["epoch"])
    finally:
        await connection.close()


def _sql(name: str) -> str:
    return load(Path(__file__).with_name("queries.sql"))[name]
