"""How far partitions are stored: what the rows say, and what is kept beside them.

The rows decide, as they are stored in the same step as their offsets. What is kept beside them is
written afterwards; it matters where rows have expired, and tells what rows do not: where reading
goes on, and of which topic it speaks.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from models.positions import Position, Positions, TopicPartition
from sinks.clickhouse import names as n
from sinks.clickhouse.names import Names, text
from sinks.clickhouse.server import Server

_NONE = -1
_NO_TIME = -(2**63)
_NO_TOPIC = UUID(int=0)


class Place(NamedTuple):
    """A position as the server compares it: the greatest is the newest.

    All are whole numbers but the topic's id; what is not known is the least.
    """

    offset: int = -1
    next_offset: int = _NONE
    leader_epoch: int = _NONE
    timestamp: int = _NO_TIME
    topic_id: UUID = _NO_TOPIC


def newest_epoch(names: Names, topic: str) -> str:
    """Give SQL for the newest epoch of a topic, 1 at first."""
    source = f"FROM {names.positions} WHERE {n.TOPIC} = {text(topic)}"
    return f"(SELECT greatest(1, max({n.EPOCH})) {source})"


def kept_sql(names: Names, tp: TopicPartition, epoch: int) -> str:
    """Give SQL for (the topic's newest epoch, the offset that is kept), -1 for none."""
    own = f"{n.EPOCH} = {epoch} AND {n.PARTITION} = {tp.partition}"
    return (
        f"SELECT (greatest(1, max({n.EPOCH})), if(countIf({own}) = 0, -1, maxIf(place.1, {own})))"
        f" FROM {names.positions} WHERE {n.TOPIC} = {text(tp.topic)}"
    )


def stored_sql(names: Names, tp: TopicPartition, epoch: int) -> str:
    """Give SQL for the last offset that rows reach, -1 for none."""
    return (
        f"SELECT if(count() = 0, -1, max({n.OFFSET})) FROM {names.records}"
        f" WHERE {n.TOPIC} = {text(tp.topic)} AND {n.EPOCH} = {epoch}"
        f" AND {n.PARTITION} = {tp.partition}"
    )


async def rows_reach(
    server: Server, names: Names, wanted: Mapping[TopicPartition, Position]
) -> bool:
    """Say whether the rows of all partitions reach just these positions. Raises SinkUnavailable.

    A quick look, for when all went well; `read_positions` tells all that there is to know.
    """
    checks = [
        f"({stored_sql(names, tp, at.epoch)}) = {at.last_offset}" for tp, at in wanted.items()
    ]
    return await server.query(f"SELECT {' AND '.join(checks)}") == "1\n"


async def read_positions(
    server: Server, names: Names, partitions: Iterable[TopicPartition]
) -> dict[TopicPartition, Position]:
    """Read how far partitions are stored, in their topic's newest epoch. Raises SinkUnavailable."""
    by_topic: dict[str, list[int]] = {}
    for topic, partition in partitions:
        by_topic.setdefault(topic, []).append(partition)
    found: dict[TopicPartition, Position] = {}
    for topic, numbers in by_topic.items():
        answer = await server.query(_positions_sql(names, topic, numbers))
        found |= _read(topic, numbers, answer)
    return found


async def keep(server: Server, names: Names, positions: Positions) -> None:
    """Keep positions beside the rows. An older one changes nothing. Raises SinkUnavailable."""
    rows = [
        f"({text(tp.topic)}, {at.epoch}, {tp.partition}, {_tuple(_place(at))})"
        for tp, at in sorted(positions.items())
    ]
    columns = f"{n.TOPIC}, {n.EPOCH}, {n.PARTITION}, place"
    await server.query(
        f"INSERT INTO {names.positions} ({columns}) SETTINGS async_insert = 0"
        f" VALUES {', '.join(rows)}"
    )


async def keep_epochs(server: Server, names: Names) -> None:
    """Keep what rows of an epoch reach that is not kept at all. Raises SinkUnavailable.

    Which epoch is the newest is told by what is kept: where that table was lost or emptied, the
    rows of an earlier epoch would else be gone on with, and stored once more.
    """
    groups = f"{n.TOPIC}, {n.EPOCH}, {n.PARTITION}"
    await server.query(
        f"INSERT INTO {names.positions} ({groups}, place) SETTINGS async_insert = 0"
        f" SELECT {groups}, (reached, {_NONE}, {_NONE}, toUnixTimestamp64Milli(at),"
        f" toUUID('{_NO_TOPIC}')) FROM (SELECT {groups}, max({n.OFFSET}) AS reached,"
        f" argMax({n.TIMESTAMP}, {n.OFFSET}) AS at FROM {names.records} GROUP BY {groups})"
        f" WHERE ({n.TOPIC}, {n.EPOCH}) NOT IN"
        f" (SELECT {n.TOPIC}, {n.EPOCH} FROM {names.positions})"
    )


def _positions_sql(names: Names, topic: str, partitions: Sequence[int]) -> str:
    newest = newest_epoch(names, topic)
    where = (
        f"WHERE {n.TOPIC} = {text(topic)} AND {n.EPOCH} = {newest}"
        f" AND {n.PARTITION} IN ({', '.join(map(str, partitions))}) GROUP BY {n.PARTITION}"
    )
    by_rows = (
        f"(max({n.OFFSET}), {_NONE}, {_NONE},"
        f" toUnixTimestamp64Milli(argMax({n.TIMESTAMP}, {n.OFFSET})), '{_NO_TOPIC}')"
    )
    kept = "(max(place) AS p).1, p.2, p.3, p.4, toString(p.5)"
    # the first row has no partition, but the epoch
    return (
        f"SELECT toInt64(-1), toInt64({newest}), toInt64(0), toInt64(0), toInt64(0), ''\n"
        f"UNION ALL SELECT toInt64({n.PARTITION}), toInt64(({by_rows} AS p).1), toInt64(p.2),"
        f" toInt64(p.3), toInt64(p.4), p.5 FROM {names.records} {where}\n"
        f"UNION ALL SELECT toInt64({n.PARTITION}), {kept} FROM {names.positions} {where}\n"
        "FORMAT JSONCompactEachRow SETTINGS output_format_json_quote_64bit_integers = 0"
    )


def _read(topic: str, partitions: Iterable[int], answer: str) -> dict[TopicPartition, Position]:
    epoch = 1
    places: dict[int, list[Place]] = {}
    for line in answer.splitlines():
        partition, *place = msgspec.json.decode(line)
        if partition < 0:
            epoch = place[0]
        else:
            places.setdefault(partition, []).append(_read_place(place))
    return {
        TopicPartition(topic, partition): _position(epoch, places.get(partition, []))
        for partition in partitions
    }


def _read_place(read: Sequence[Any]) -> Place:
    offset, next_offset, leader_epoch, timestamp, topic_id = read
    return Place(offset, next_offset, leader_epoch, timestamp, UUID(topic_id))


def _position(epoch: int, places: Sequence[Place]) -> Position:
    at = max(places, default=Place())
    # rows that were stored, and then nothing: what was kept before is of the same topic
    topic_id = max((place.topic_id for place in places), default=_NO_TOPIC)
    return Position(
        epoch,
        at.offset,
        None if at.timestamp == _NO_TIME else at.timestamp,
        None if at.next_offset == _NONE else at.next_offset,
        None if at.leader_epoch == _NONE else at.leader_epoch,
        None if topic_id == _NO_TOPIC else topic_id,
    )


def _place(at: Position) -> Place:
    return Place(
        at.last_offset,
        _NONE if at.next_offset is None else at.next_offset,
        _NONE if at.leader_epoch is None else at.leader_epoch,
        _NO_TIME if at.last_timestamp is None else at.last_timestamp,
        _NO_TOPIC if at.topic_id is None else at.topic_id,
    )


def _tuple(place: Place) -> str:
    *numbers, topic_id = place
    return f"({', '.join(map(str, numbers))}, toUUID('{topic_id}'))"
