"""Positions in PostgreSQL, beside workers of older releases that know less of them."""

from uuid import UUID

import asyncpg
import pytest

from models.positions import Position
from sinks.postgres.epochs import begin_epoch, stored_positions
from tests.models.records import TP

TOPIC = UUID(int=7)
FULL = Position(1, 9, 7, 12, 3, TOPIC)


async def with_position(database: str) -> asyncpg.Connection:
    connection = await asyncpg.connect(database)
    await connection.execute(
        "INSERT INTO stream_positions (topic, kafka_partition, epoch, last_offset, last_timestamp,"
        " next_offset, leader_epoch, topic_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        *TP,
        *FULL,
    )
    return connection


@pytest.mark.parametrize(
    ("moved", "left"),
    [
        pytest.param("last_offset = 20", Position(1, 20, 7), id="by an older worker"),
        pytest.param("epoch = 2, last_offset = -1", Position(2, -1, 7), id="to an epoch's begin"),
        pytest.param("last_timestamp = 8", FULL._replace(last_timestamp=8), id="not at all"),
        pytest.param(
            "last_offset = 20, next_offset = 21",
            FULL._replace(last_offset=20, next_offset=21),
            id="by who knows",
        ),
    ],
)
async def test_what_is_known_of_a_position_does_not_outlive_it(
    database: str, moved: str, left: Position
) -> None:
    connection = await with_position(database)

    await connection.execute(f"UPDATE stream_positions SET {moved}")  # noqa: S608 - ours
    await connection.close()

    assert await stored_positions(database, [TP.topic]) == {TP: left}


@pytest.mark.parametrize(
    "begun",
    [
        pytest.param(FULL, id="where it stood"),
        pytest.param(Position(1, -1, None, 0, None, TOPIC), id="with the first record"),
        pytest.param(Position(1, 7, None, 8, 2, TOPIC), id="behind what was cut off"),
    ],
)
async def test_an_epoch_begins_with_all_that_is_known(database: str, begun: Position) -> None:
    await (await with_position(database)).close()

    number = await begin_epoch(database, TP.topic, {TP: begun})

    assert number == 2
    assert await stored_positions(database, [TP.topic]) == {TP: begun._replace(epoch=2)}
