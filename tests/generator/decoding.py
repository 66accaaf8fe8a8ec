"""What the real decoder makes of generated records."""

from collections.abc import Sequence
from dataclasses import dataclass

from generator.records import Record
from models.batches import Batch, DecodedBatch
from models.content_sessions import CONTENT_SESSIONS
from models.decode import Decoder
from models.fold import Deltas
from models.positions import TopicPartition
from models.records import RecordBatch
from models.refusals import Limits


@dataclass(frozen=True)
class Stored:
    offset: int
    timestamp: int
    value: bytes | None


def decode(records: Sequence[Record], timestamp: int) -> DecodedBatch:
    """Decode as if all had been written at `timestamp` (milliseconds); offsets are indices."""
    stored = [Stored(offset, timestamp, record.value) for offset, record in enumerate(records)]
    batch = RecordBatch(TopicPartition("content_sessions", 0), 0, len(stored), stored)
    return Decoder(CONTENT_SESSIONS, Limits()).decode(batch)


def folded(decoded: DecodedBatch) -> Deltas:
    """Give what the rows of a batch fold into."""
    batch = Batch(CONTENT_SESSIONS)
    batch.add(decoded, rows=None)
    return batch.deltas()
