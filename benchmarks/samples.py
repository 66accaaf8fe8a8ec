"""Real heartbeats in memory, for programs that measure one stage."""

from __future__ import annotations

import time
from dataclasses import dataclass

from generator.clients import Simulation
from generator.traffic import Fractions, Traffic
from models.batches import DecodedBatch
from models.content_sessions import CONTENT_SESSIONS
from models.decode import Decoder
from models.positions import TopicPartition
from models.records import RecordBatch
from models.validation import Limits

_EVENTS_PER_SECOND = 20_000
LONGEST = 5_000


@dataclass(frozen=True, slots=True)
class Sample:
    """A record as a batch wants it."""

    offset: int
    timestamp: int
    value: bytes | None


def batches(events: int) -> list[RecordBatch]:
    """Give about so many heartbeats, in batches as long as the worker's."""
    now = time.time_ns() // 1_000_000
    start = now - events * 1_000 // _EVENTS_PER_SECOND
    traffic = Traffic(
        CONTENT_SESSIONS.topic, Simulation(1, _EVENTS_PER_SECOND, start), Fractions(bad=0)
    )
    records = [
        Sample(offset, now, record.value) for offset, record in enumerate(traffic.take(events))
    ]
    tp = TopicPartition(CONTENT_SESSIONS.topic, 0)
    return [
        RecordBatch(tp, begin, begin + LONGEST, records[begin : begin + LONGEST])
        for begin in range(0, len(records), LONGEST)
    ]


def decoded(events: int) -> list[DecodedBatch]:
    decoder = Decoder(CONTENT_SESSIONS, Limits())
    return [decoder.decode(batch) for batch in batches(events)]
