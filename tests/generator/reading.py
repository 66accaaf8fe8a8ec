"""All that a topic holds, as the real decoder sees it."""

from collections import Counter
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import ConsumerRecord

from generator.truth import Truth
from models.all import STREAMS
from models.batches import DecodedBatch
from models.dead_letters import Reason
from models.decode import Decoder
from models.positions import TopicPartition
from models.records import RecordBatch
from models.validation import Limits
from tests.generator.decoding import Numbers, exact, folded, views


@dataclass
class Topic:
    """What was read: totals, windows, and the partitions that each key was found in."""

    produced: int = 0
    rows: int = 0
    dead_letters: Counter[Reason] = field(default_factory=Counter)
    views: dict[str, Numbers] = field(default_factory=dict)
    partitions: dict[bytes, set[int]] = field(default_factory=dict)
    timestamps: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._decoded: list[DecodedBatch] = []

    def add(self, records: list[ConsumerRecord], decoded: DecodedBatch) -> None:
        self.produced += len(records)
        self.rows += len(decoded.offsets)
        self.dead_letters += Counter(letter.reason for letter in decoded.dead_letters)
        self._decoded.append(decoded)
        for record in records:
            self.partitions.setdefault(record.key, set()).add(record.partition)
            self.timestamps.append(record.timestamp)

    def fold(self, stream: str) -> None:
        self.views = views(folded(stream, self._decoded))

    def agrees(self, truth: Truth) -> bool:
        """Say whether every figure and every window is what the truth says."""
        return (self.produced, self.rows, self.dead_letters, self.views) == (
            truth.produced,
            truth.rows,
            truth.dead_letters,
            exact(truth.windows.views()),
        )


async def read(broker: str, topic: str, stream: str = "content_sessions") -> Topic:
    """Read from the beginning to what is the end now."""
    found, decoder = Topic(), Decoder(STREAMS[stream], Limits())
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=broker, auto_offset_reset="earliest")
    async with consumer:
        ends = await consumer.end_offsets(consumer.assignment())
        while any([await consumer.position(tp) < end for tp, end in ends.items()]):
            polled = await consumer.getmany(timeout_ms=1_000)
            for tp, records in polled.items():
                start, end = records[0].offset, records[-1].offset + 1
                batch = RecordBatch(TopicPartition(*tp), start, end, records)
                found.add(records, decoder.decode(batch))
    found.fold(stream)
    return found
