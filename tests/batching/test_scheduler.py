"""Fetched records travel as messages of one batch each; everything else as it came."""

import pytest
from aiokafka.record.default_records import DefaultRecord
from faust.types import TP

from batching.fetch import FetchedRecords
from batching.scheduler import LARGEST_BATCH_BYTES, LONGEST_BATCH, BatchMessage, BatchScheduler
from models.positions import TopicPartition
from models.records import weight

P0 = TP("content_sessions", 0)


def fetched(offsets: list[int], start: int, end: int, value: bytes = b"x") -> FetchedRecords:
    records = FetchedRecords(
        DefaultRecord(offset, 1_000 + offset, 0, None, value, []) for offset in offsets
    )
    records.start, records.end, records.size_bytes = start, end, weight(records)
    return records


def test_records_of_a_partition_become_one_message_at_the_offset_of_the_last() -> None:
    [(tp, message)] = BatchScheduler().iterate({P0: fetched([3, 4, 7], 2, 9)})

    assert isinstance(message, BatchMessage)
    assert tp == P0
    assert (message.topic, message.partition) == P0
    assert (message.offset, message.timestamp, message.key) == (7, 1_007, None)
    assert message.value.tp == TopicPartition("content_sessions", 0)
    assert (message.value.start, message.value.end) == (2, 9)
    assert [record.offset for record in message.value.records] == [3, 4, 7]


@pytest.mark.parametrize(
    ("count", "lengths"),
    [
        pytest.param(LONGEST_BATCH, [LONGEST_BATCH], id="just fits"),
        pytest.param(LONGEST_BATCH + 1, [LONGEST_BATCH, 1], id="one more"),
        pytest.param(2 * LONGEST_BATCH, [LONGEST_BATCH] * 2, id="twice as many"),
    ],
)
def test_long_fetches_are_cut_without_a_gap(count: int, lengths: list[int]) -> None:
    records = fetched(list(range(10, 10 + count)), 8, 12 + count)

    batches = [message.value for _, message in BatchScheduler().iterate({P0: records})]

    assert [len(batch.records) for batch in batches] == lengths
    assert batches[0].start == 8
    assert batches[-1].end == 12 + count
    assert [batch.end for batch in batches[:-1]] == [batch.start for batch in batches[1:]]


def test_large_records_come_fewer_at_a_time() -> None:
    records = fetched(list(range(10)), 0, 10, b"x" * (LARGEST_BATCH_BYTES // 3))

    batches = [message.value for _, message in BatchScheduler().iterate({P0: records})]

    assert [len(batch.records) for batch in batches] == [3, 3, 3, 1]


def test_a_fetch_without_records_is_no_message() -> None:
    assert list(BatchScheduler().iterate({P0: fetched([], 0, 5)})) == []


def test_partitions_take_turns_and_other_topics_pass() -> None:
    changelog = TP("changelog", 0)
    plain = ["one", "two"]

    found = list(BatchScheduler().iterate({P0: fetched([0], 0, 1), changelog: plain}))

    assert [record for tp, record in found if tp == changelog] == plain
    assert len([record for tp, record in found if tp == P0]) == 1
