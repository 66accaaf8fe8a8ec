"""Records and batches as Kafka would bring them, for tests of what is made of them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from models.positions import TopicPartition
from models.records import RecordBatch

NOW = datetime(2026, 11, 22, 10, 5, tzinfo=UTC)
NOW_MILLISECONDS = int(NOW.timestamp() * 1_000)
TP = TopicPartition("content_sessions", 0)


HEARTBEAT = {
    "session_id": "s-1",
    "platform": "tv",
    "channel": "news",
    "asn": 3320,
    "current_cdn": "Akamai",
    "video_profile_kbps": 4_000,
}
"""One of seed 000's, but for its time."""


@dataclass(frozen=True, slots=True)
class KafkaRecord:
    offset: int
    value: bytes | None
    timestamp: int = NOW_MILLISECONDS


def heartbeat(time: str | datetime = NOW, **fields: object) -> bytes:
    """Make the JSON of one heartbeat, with `fields` in place of its own."""
    written = time if isinstance(time, str) else time.isoformat()
    return json.dumps({"time": written, **HEARTBEAT, **fields}).encode()


def batch_of(
    values: Sequence[bytes | None],
    *,
    start: int = 0,
    tp: TopicPartition = TP,
    timestamp: int = NOW_MILLISECONDS,
) -> RecordBatch:
    records = [
        KafkaRecord(offset, value, timestamp) for offset, value in enumerate(values, start=start)
    ]
    return RecordBatch(tp, start, start + len(records), records)


def seconds_from_now(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)
