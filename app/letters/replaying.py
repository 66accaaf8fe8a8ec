"""Sending letters again, each once: a note in the database, a transaction, and the note's end.

Before a letter is sent its row says to which partition, and from which offset on to look for it.
After the transaction it says where it is. A command that was killed in between leaves rows that say
the first and not the second; the next one looks for them in the topic, once Kafka has ended what
the killed one had open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from batching.once import Once, Outgoing, OvertakenError, Reading
from batching.topics import count_partitions
from db.dead_letters import LetterKey, Letters, Place, StoredLetter
from telemetry import fault_points

HEADER = "headrace.replayed"
"""Names the letter that a record was, so that it is found."""


@dataclass(frozen=True, slots=True)
class Mended:
    """A letter with the bytes to send for it; `timestamp` is in milliseconds since 1970."""

    letter: StoredLetter
    payload: bytes
    timestamp: int


class Replaying:
    """Sends letters to one topic, while no other command does."""

    def __init__(self, broker: str, topic: str, letters: Letters) -> None:
        self._broker = broker
        self._topic = topic
        self._letters = letters

    async def settle(self) -> tuple[int, int]:
        """Find out what became of letters that a killed command began to send.

        Gives how many are sent, and how many are not and will be as any other.
        """
        unsettled = await self._letters.unsettled(self._topic)
        if not unsettled:
            return 0, 0
        begins: dict[int, int] = {}
        there = (await count_partitions(self._broker, [self._topic]))[self._topic]
        for place in unsettled.values():
            if place.partition < there:  # else deleted since, with whatever was sent to it
                at = begins.get(place.partition, place.offset)
                begins[place.partition] = min(place.offset, at)
        found = await self._sent(begins) if begins else {}
        settled = {key: found.get(mark(key)) for key in unsettled}
        await self._letters.settle(settled)
        sent = sum(offset is not None for offset in settled.values())
        return sent, len(settled) - sent

    async def _sent(self, begins: Mapping[int, int]) -> dict[bytes, int]:
        """Give the offsets of all that was sent since, by its mark."""
        async with Once.opened(self._broker, self._id), Reading.opened(*self._where) as reading:
            ends = await reading.ends(begins)
            return {
                value: one.offset
                for one in await reading.between(begins, ends)
                for name, value in one.headers
                if name == HEADER
            }

    async def send(
        self, chunks: Sequence[Sequence[Mended]], on_sent: Callable[[int], None]
    ) -> dict[LetterKey, Place]:
        """Send chunks of letters, each chunk in a transaction; say where each letter is."""
        places: dict[LetterKey, Place] = {}
        async with Once.opened(self._broker, self._id) as once:
            for chunk in chunks:
                places |= await self._send(once, chunk)
                on_sent(len(chunk))
        return places

    async def _send(self, once: Once, chunk: Sequence[Mended]) -> dict[LetterKey, Place]:
        partitions = {one.letter.key.partition for one in chunk}
        async with Reading.opened(*self._where) as reading:
            ends = await reading.ends(partitions)
        looked_for = {
            key: Place(self._topic, key.partition, ends[key.partition])
            for key in (one.letter.key for one in chunk)
        }
        if not await self._letters.begin(self._topic, looked_for):
            raise OvertakenError("another command replays these letters: run this again")
        fault_points.reach("before_commit")
        sent = await once.send(
            self._topic,
            [
                Outgoing(
                    one.letter.key.partition,
                    one.payload,
                    one.timestamp,
                    [(HEADER, mark(one.letter.key))],
                )
                for one in chunk
            ],
        )
        fault_points.reach("before_live_tables")
        offsets = {one.letter.key: at for one, (_, at) in zip(chunk, sent, strict=True)}
        await self._letters.settle(dict(offsets))
        return {key: Place(self._topic, key.partition, at) for key, at in offsets.items()}

    @property
    def _id(self) -> str:
        return f"headrace-dead-letters-{self._topic}"

    @property
    def _where(self) -> tuple[str, str]:
        return self._broker, self._topic


def mark(key: LetterKey) -> bytes:
    return f"{key.topic}-{key.partition}-{key.offset}-{key.epoch}".encode()
