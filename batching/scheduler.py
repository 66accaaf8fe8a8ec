"""Batches instead of single records, through Faust's own `ConsumerScheduler` setting.

A stock agent handles one record at a time, and nearly all of its cost is for each message:
conductor, event, stream, acknowledgement. So the records that one poll brought for one partition
travel as one message, whose value is a RecordBatch; Faust then does its work once for thousands.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from faust.transport.utils import DefaultSchedulingStrategy
from faust.types import TP

from batching.fetch import FetchedRecords
from models.positions import TopicPartition
from models.records import RecordBatch

LONGEST_BATCH = 5_000
LARGEST_BATCH_BYTES = 1_000_000
"""The agent holds the event loop for one batch: some 15 ms for 5,000 heartbeats of 200 bytes."""


class BatchMessage:
    """What Faust takes for a Kafka record; its offset and timestamp are the last record's."""

    __slots__ = ("offset", "partition", "timestamp", "timestamp_type", "topic", "value")

    headers = ()
    key = None
    checksum = None
    serialized_key_size = 0
    serialized_value_size = 0

    def __init__(self, batch: RecordBatch) -> None:
        last: Any = batch.last
        self.topic, self.partition = batch.tp
        self.offset = last.offset
        self.timestamp = last.timestamp
        self.timestamp_type = last.timestamp_type
        self.value = batch


class BatchScheduler(DefaultSchedulingStrategy):
    """Turns fetched records of batched topics into messages of one batch each."""

    def __init__(self) -> None:
        """Nothing to set up; Faust declares this as abstract."""

    def iterate(self, records: Mapping[TP, list[Any]]) -> Iterator[tuple[TP, Any]]:
        return super().iterate(
            {
                tp: list(_batches(tp, found)) if isinstance(found, FetchedRecords) else found
                for tp, found in records.items()
            }
        )


def _batches(tp: TP, fetched: FetchedRecords) -> Iterator[BatchMessage]:
    start, length = fetched.start, _length(fetched)
    for begin in range(0, len(fetched), length):
        records = fetched[begin : begin + length]
        is_last = begin + length >= len(fetched)
        end = fetched.end if is_last else records[-1].offset + 1
        batch = RecordBatch(TopicPartition(*tp), start, end, records, fetched.leader_epoch)
        yield BatchMessage(batch)
        start = end


def _length(fetched: FetchedRecords) -> int:
    """Say how many records go into a batch, by their mean size."""
    fitting = LARGEST_BATCH_BYTES * len(fetched) // max(1, fetched.size_bytes)
    return max(1, min(LONGEST_BATCH, fitting))
