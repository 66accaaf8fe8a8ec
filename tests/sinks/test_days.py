"""Rows go where their day is, also where that was dropped in the meantime."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from random import Random

import asyncpg
import pytest

from models.content_sessions import CONTENT_SESSIONS
from sinks.base import SinkUnavailable
from tests.db.dropping import drop_expired
from tests.sinks.random_events import Filling

LONG_AGO = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(100)
COUNTS = "SELECT (SELECT count(*) FROM content_sessions), (SELECT sum(events) FROM traffic_by_cdn)"


async def test_days_that_are_not_there_are_made(database: str) -> None:
    filling = Filling(database, CONTENT_SESSIONS, Random(1))

    for days in (0, 1, 40):
        await filling.write(2, 50, LONG_AGO - timedelta(days=days))

    await filling.sink.close()
    assert await counts(database) == (300, 300)


@pytest.mark.parametrize("close", [lambda sink: sink.close(), lambda _: no_time()])
async def test_a_day_that_was_dropped_is_made_again_at_the_next_try(
    database: str, close: Callable[[object], Awaitable[None]]
) -> None:
    filling = Filling(database, CONTENT_SESSIONS, Random(1))
    await filling.write(1, 50, LONG_AGO)
    await close(filling.sink)
    dropped = await drop_expired(database, {"content_sessions": 60})

    with pytest.raises(SinkUnavailable, match="no partition"):
        await filling.write(1, 50, LONG_AGO)
    await filling.write(1, 50, LONG_AGO)

    await filling.sink.close()
    assert len(dropped.dropped) == 1
    assert await counts(database) == (50, 100)


async def no_time() -> None:
    """Leave the connection open."""


async def counts(dsn: str) -> tuple[int, ...]:
    connection = await asyncpg.connect(dsn)
    try:
        return tuple(await connection.fetchrow(COUNTS) or ())
    finally:
        await connection.close()
