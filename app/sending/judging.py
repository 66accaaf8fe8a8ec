"""What the stream's contract says about events before they are sent: as a worker would. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.sending.reading import Given
from models.decode import Decoder
from models.positions import TopicPartition
from models.records import RecordBatch


@dataclass(frozen=True, slots=True)
class _Record:
    """A record as it would be; nobody knows its offset yet."""

    value: bytes
    timestamp: int
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that would become a dead letter, with its reason, detail and context."""

    event: Given
    reason: str
    detail: str
    context: str


def judge(decoder: Decoder, events: Iterable[Given], timestamp: int) -> Iterator[Refusal]:
    """Give what a worker would refuse of records with this timestamp, in milliseconds."""
    for event in events:
        record = _Record(event.value, timestamp)
        batch = RecordBatch(TopicPartition("", 0), 0, 1, [record])
        for letter in decoder.decode(batch).dead_letters:
            yield Refusal(event, letter.reason, letter.detail, letter.context)
