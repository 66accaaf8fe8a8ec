"""Letters that are stored, by workers of before too, and what is known of sending them again."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import pytest

from db.dead_letters import LetterKey, Letters, Place, Wanted

AT = datetime(2026, 11, 22, 10, tzinfo=UTC)
OF_BEFORE = """
INSERT INTO event_dead_letters (time, topic, partition, "offset", epoch, reason, detail, payload)
SELECT $1, 'clicks', 0, nth, 1, 'invalid', 'asn: no number', '{}' FROM generate_series(0, 9) AS nth
"""


def key(offset: int) -> LetterKey:
    return LetterKey(AT, "clicks", 0, offset, 1)


@pytest.fixture
async def letters(database: str) -> AsyncIterator[Letters]:
    connection = await asyncpg.connect(database)
    await connection.execute(OF_BEFORE, AT)
    await connection.close()
    async with Letters.opened(database) as opened:
        yield opened


async def test_they_are_given_some_at_a_time(letters: Letters) -> None:
    first = await letters.found(Wanted(topics=["clicks"]), 6)
    second = await letters.found(Wanted(topics=["clicks"]), 6, first[-1].key)

    assert [one.key for one in first + second] == [key(offset) for offset in range(10)]
    assert (first[0].context, first[0].replayed, first[0].name) == ("", None, "clicks-0-0")


async def test_one_that_another_command_has_begun_is_not_begun_again(letters: Letters) -> None:
    begun = await letters.begin("clicks", {key(3): Place("clicks", 0, 100)})

    again = await letters.begin("clicks", {key(n): Place("clicks", 0, 200) for n in (2, 3)})

    assert (begun, again) == (True, False)
    assert await letters.unsettled("clicks") == {key(3): Place("clicks", 0, 100)}
    assert await letters.unsettled_topics() == ["clicks"]
    waiting = await letters.found(Wanted(replayed_too=False), 10)
    assert [one.key.offset for one in waiting] == [0, 1, 2, 4, 5, 6, 7, 8, 9]


async def test_it_is_settled_one_way_or_the_other(letters: Letters) -> None:
    await letters.begin("clicks", {key(n): Place("clicks", 0, 100) for n in (1, 2)})

    await letters.settle({key(1): 105, key(2): None})
    await letters.settle({key(1): 999})  # it is known already

    sent, not_sent = (await letters.found(Wanted(), 10))[1:3]
    assert sent.replayed == Place("clicks", 0, 105)
    assert sent.replayed_at is not None
    assert (not_sent.replayed, not_sent.replayed_at) == (None, None)
    assert [(one.letters, one.replayed) for one in await letters.counted(Wanted())] == [(10, 1)]
