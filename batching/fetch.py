"""What aiokafka gives us for a partition: whole record batches, and from where they were read.

Two private methods of aiokafka 0.14 are wrapped, for the topics named and for no others, and a
class (hence the pinned version and tests/batching/test_fetch.py):

* `PartitionRecords._unpack_records` yields records one by one, each as a frozen dataclass of eleven
  fields. Here it yields the list of a whole Kafka record batch, made in C (benchmarks/fetch.py).
* `FetchResult.getall` forgets where the records were read from. A batch needs it to prove that it
  follows on the one before: after a seek, records of the old position may still be under way.
* `MemoryRecords` passes over the leader epoch that each record batch carries. A position needs it
  to find out later whether what was read is still what Kafka holds (batching/leader_epochs.py).
"""

import struct
import sys
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any
from weakref import proxy

from aiokafka.consumer import fetcher
from aiokafka.consumer.fetcher import READ_COMMITTED, FetchResult, PartitionRecords
from aiokafka.errors import CorruptRecordException
from aiokafka.record.memory_records import MemoryRecords

from batching import inflate
from models.positions import ReadTo
from models.records import weight

_batched: set[str] = set()
"""Process-wide, as the classes are: topics whose records come raw and in a FetchedRecords."""

_SLICE = 5_000
_BATCH_HEADER = struct.Struct(">8xiib")
"""Of a record batch: its length behind these twelve bytes, its leader epoch, its format."""
_BEFORE_LENGTH = 12
_FORMAT_WITH_EPOCHS = 2
_SLICE_BYTES = 1024 * 1024
_AT_ONCE = 32
"""So many records are made before a look at what they weigh: 0.03 µs a record, and 32 of the
largest are not many."""

_FETCH_BYTES = 4 * 1024 * 1024
"""Where one round ends: a few compressed megabytes may hold gigabytes of records."""


class FetchedRecords(list[Any]):
    """Records read in one go from offset `start` on; reading goes on at `end`."""

    start: int
    end: int
    size_bytes: int = 0
    """What their values weigh."""
    leader_epoch: int | None = None
    """Of what lies before `end`, or of what the same answer brought after it: ReadTo."""


class EpochRecords:
    """aiokafka's MemoryRecords, that tell the leader epoch of the batch taken last."""

    leader_epoch: int | None = None

    def __init__(self, content: bytes) -> None:
        """`content` is what Kafka sent of one partition."""
        records = MemoryRecords(content)
        self._next_batch = records.next_batch
        self._content, self._place = content, 0
        self.has_next = records.has_next
        self.size_in_bytes = records.size_in_bytes

    def next_batch(self) -> Any:
        length, epoch, format_ = _BATCH_HEADER.unpack_from(self._content, self._place)
        self._place += _BEFORE_LENGTH + length
        self.leader_epoch = epoch if format_ >= _FORMAT_WITH_EPOCHS and epoch >= 0 else None
        return self._next_batch()


def batch_topics(topics: Iterable[str]) -> None:
    """Have the records of these topics come raw, in FetchedRecords."""
    _batched.update(topics)
    if PartitionRecords._unpack_records is not _unpack_records:  # noqa: SLF001
        PartitionRecords._unpack_records = _unpack_records  # noqa: SLF001
        FetchResult.getall = _getall
        fetcher.MemoryRecords = EpochRecords
        inflate.install()


_original_unpack_records = PartitionRecords._unpack_records  # noqa: SLF001
_original_getall = FetchResult.getall


def _unpack_records(self: Any) -> Iterator[Any]:
    if self._tp.topic in _batched:
        # Known to its own iterator by a weak reference: what is abandoned, after a seek or when
        # partitions leave, may hold hundreds of megabytes, and goes at once, not when the collector
        # comes (batching/app.py lets it come seldom).
        return _unpack_batches(proxy(self))
    return _original_unpack_records(self)  # type: ignore[no-any-return]


def _unpack_batches(self: Any) -> Iterator[tuple[list[Any], int]]:
    # The original's loop, but for the records, which it takes one at a time. Yields them with the
    # offset that reading goes on at; whoever takes them moves next_fetch_offset there.
    while self._records.has_next():
        batch = self._records.next_batch()
        if self._check_crcs and not batch.validate_crc():
            raise CorruptRecordException(f"Invalid CRC - {self._tp}")
        if not (_is_aborted(self, batch) or batch.is_control_batch):
            # In slices, as a megabyte may hold millions of records, or gigabytes of them.
            for records in _slices(batch):
                end = records[-1].offset + 1
                wanted = records
                if records[0].offset < self.next_fetch_offset:
                    wanted = [one for one in records if one.offset >= self.next_fetch_offset]
                if wanted:
                    yield wanted, end
        self.next_fetch_offset = max(self.next_fetch_offset, batch.next_offset)


def _slices(batch: Any) -> Iterator[list[Any]]:
    remaining = chain(batch)  # aiokafka's batch cannot be asked for its iterator twice
    records: list[Any] = []
    size = 0
    while some := list(islice(remaining, _AT_ONCE)):
        records += some
        size += weight(some)
        if len(records) >= _SLICE or size >= _SLICE_BYTES:
            yield records
            records, size = [], 0
    if records:
        yield records


def _is_aborted(self: Any, batch: Any) -> bool:
    if self._isolation_level != READ_COMMITTED or batch.producer_id is None:
        return False
    self._consume_aborted_up_to(batch.base_offset)
    if batch.is_control_batch and self._contains_abort_marker(batch):
        self._aborted_producers.discard(batch.producer_id)
    return batch.is_transactional and batch.producer_id in self._aborted_producers


def _getall(self: Any, max_records: int | None = None) -> list[Any]:
    tp, source = self._topic_partition, self._partition_records
    if tp.topic not in _batched:
        return _original_getall(self, max_records)  # type: ignore[no-any-return]
    if not self.check_assignment(tp):
        return []
    state = self._assignment.state_value(tp)
    start = source.next_fetch_offset
    fetched = _take(self, source, max_records)
    fetched.start, fetched.end = _with_skipped(state, start), source.next_fetch_offset
    fetched.leader_epoch = source._records.leader_epoch  # noqa: SLF001
    skipped = (fetched.start, ReadTo(fetched.end, fetched.leader_epoch))
    state.headrace_skipped = None if fetched else skipped
    state.consumed_to(fetched.end)
    return fetched


def _take(self: Any, source: Any, max_records: int | None) -> FetchedRecords:
    fetched = FetchedRecords()
    room = sys.maxsize if max_records is None else max_records
    for records, end in source:
        taken = records[:room]
        fetched.extend(taken)
        fetched.size_bytes += weight(taken)
        if len(records) > room:
            rest = records[room:]
            source.next_fetch_offset = rest[0].offset
            source._records_iterator = chain([(rest, end)], source._records_iterator)  # noqa: SLF001
            return fetched
        source.next_fetch_offset = end
        room -= len(records)
        if fetched.size_bytes >= _FETCH_BYTES or not room:
            return fetched
    self._partition_records = None
    return fetched


def skipped_from(state: Any, offset: int) -> ReadTo | None:
    """Say how far a partition was read on behind `offset` without finding a record.

    None where nothing was skipped there. `state` is aiokafka's of the partition.
    """
    start, read_to = getattr(state, "headrace_skipped", None) or (0, None)
    return read_to if read_to and start <= offset <= read_to.offset else None


def forget_skipped(state: Any) -> None:
    """Read a partition from elsewhere: what was skipped before does not belong to what comes."""
    state.headrace_skipped = None


def _with_skipped(state: Any, start: int) -> int:
    # What came before may have held no records at all, only aborted ones: nobody was told of it.
    skipped = getattr(state, "headrace_skipped", None)
    if skipped is not None and skipped[1].offset == start:
        return int(skipped[0])
    return start
