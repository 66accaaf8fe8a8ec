"""What aiokafka gives us for each record, cut down to what a batch needs.

Two private methods of aiokafka 0.14 are wrapped, for the topics named and for no others (hence the
pinned version and tests/batching/test_fetch.py):

* `PartitionRecords._consumer_record` builds a frozen dataclass of eleven fields for each record.
  Without it a record costs 0.8 us to fetch instead of 1.8 (benchmarks/fetch.py).
* `FetchResult.getall` forgets where the records were read from. A batch needs it to prove that it
  follows on the one before: after a seek, records of the old position may still be under way.
"""

from collections.abc import Iterable
from typing import Any

from aiokafka.consumer.fetcher import FetchResult, PartitionRecords

_batched: set[str] = set()
"""Process-wide, as the classes are: topics whose records come raw and in a FetchedRecords."""


_SLICE = 500
_FETCH_BYTES = 4 * 1024 * 1024


class FetchedRecords(list[Any]):
    """Records read in one go from offset `start` on; reading goes on at `end`."""

    start: int
    end: int


def batch_topics(topics: Iterable[str]) -> None:
    """Have the records of these topics come raw, in FetchedRecords."""
    _batched.update(topics)
    if PartitionRecords._consumer_record is not _consumer_record:  # noqa: SLF001
        PartitionRecords._consumer_record = _consumer_record  # noqa: SLF001
        FetchResult.getall = _getall


_original_consumer_record = PartitionRecords._consumer_record  # noqa: SLF001
_original_getall = FetchResult.getall


def _consumer_record(self: Any, tp: Any, record: Any) -> Any:
    return record if tp.topic in _batched else _original_consumer_record(self, tp, record)


def _getall(self: Any, max_records: int | None = None) -> list[Any]:
    source = self._partition_records
    if source is None or self._topic_partition.topic not in _batched:
        return _original_getall(self, max_records)  # type: ignore[no-any-return]
    state = self._assignment.state_value(self._topic_partition)
    start = source.next_fetch_offset
    fetched = FetchedRecords()
    wanted, size = max_records or _SLICE, 0
    # in slices, as a few compressed megabytes may hold gigabytes of records
    while self.has_more() and size < _FETCH_BYTES and len(fetched) < wanted:
        part = _original_getall(self, min(_SLICE, wanted - len(fetched)))
        if not part:
            break
        fetched.extend(part)
        size += sum(len(record.value or b"") for record in part)
    fetched.start, fetched.end = _with_skipped(state, start), source.next_fetch_offset
    state.headrace_skipped = None if fetched else (fetched.start, fetched.end)
    return fetched


def _with_skipped(state: Any, start: int) -> int:
    # What came before may have held no records at all, only aborted ones: nobody was told of it.
    skipped = getattr(state, "headrace_skipped", None)
    if skipped is not None and skipped[1] == start:
        return int(skipped[0])
    return start
