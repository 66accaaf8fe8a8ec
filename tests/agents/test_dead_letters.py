"""Whoever waits for Kafka to take dead letters says so."""

import asyncio
from typing import Any

import faust
import pytest

from agents.dead_letters import DeadLetterTopic
from models.dead_letters import DeadLetter

LETTER = DeadLetter("sessions", 0, 7, 0, "malformed", "no JSON", b"{")


class SlowTopic:
    """Acknowledges when its broker is back."""

    def __init__(self) -> None:
        self.broker = asyncio.Event()

    async def send(self, **_: Any) -> asyncio.Task[bool]:
        return asyncio.create_task(self.broker.wait())


@pytest.fixture
async def topic() -> SlowTopic:
    return SlowTopic()


def dead_letters(
    topic: SlowTopic, told: list[str | None], notice_seconds: float
) -> DeadLetterTopic:
    as_faust: faust.TopicT = topic  # type: ignore[assignment]  # all that is used of one
    return DeadLetterTopic(as_faust, told.append, notice_seconds)


async def test_waiting_for_long_is_told_and_its_end_too(topic: SlowTopic) -> None:
    told: list[str | None] = []
    publishing = asyncio.create_task(dead_letters(topic, told, 0.0).publish([LETTER]))
    while not told:
        await asyncio.wait([publishing], timeout=0.01)

    topic.broker.set()
    await publishing

    assert told == ["Kafka takes no dead letters", None]


async def test_what_goes_on_at_once_is_not_worth_a_word(topic: SlowTopic) -> None:
    told: list[str | None] = []
    topic.broker.set()

    await dead_letters(topic, told, 60.0).publish([LETTER, LETTER])

    assert told == []
