"""All that a topic holds, as the real decoder sees it."""

from collections import Counter
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import ConsumerRecord

from generator.truth import Truth
from models.batches import DecodedBatch
from models.content_sessions import CONTENT_SESSIONS
from models.decode import Decoder
from models.positions import TopicPartition
from models.records import RecordBatch
from models.refusals import Limits
from tests.generator.decoding import folded

_MINUTE_MICROSECONDS = 60_000_000
_BY_CDN = next(window for window in CONTENT_SESSIONS.windows if window.name == "traffic_by_cdn")


@dataclass
class Topic:
    """What was read: its truth, and the partitions that each session was found in."""

    truth: Truth = field(default_factory=Truth)
    partitions: dict[bytes, set[int]] = field(default_factory=dict)
    timestamps: list[int] = field(default_factory=list)


async def read(broker: str, topic: str) -> Topic:
    """Read from the beginning to what is the end now."""
    found, decoder = Topic(), Decoder(CONTENT_SESSIONS, Limits())
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=broker, auto_offset_reset="earliest")
    async with consumer:
        ends = await consumer.end_offsets(consumer.assignment())
        while any([await consumer.position(tp) < end for tp, end in ends.items()]):
            polled = await consumer.getmany(timeout_ms=1_000)
            for tp, records in polled.items():
                start, end = records[0].offset, records[-1].offset + 1
                batch = RecordBatch(TopicPartition(*tp), start, end, records)
                _add(found, records, decoder.decode(batch))
    return found


def _add(found: Topic, records: list[ConsumerRecord], decoded: DecodedBatch) -> None:
    truth = found.truth
    truth.produced += len(records)
    truth.rows += len(decoded.offsets)
    truth.dead_letters += Counter(letter.reason for letter in decoded.dead_letters)
    for (start, _, cdn), (events, kilobits, _) in folded(decoded)[_BY_CDN].items():
        window = truth.windows.setdefault((start // _MINUTE_MICROSECONDS, cdn), [0, 0])
        window[0] += events
        window[1] += kilobits
    for record in records:
        found.partitions.setdefault(record.key, set()).add(record.partition)
        found.timestamps.append(record.timestamp)
