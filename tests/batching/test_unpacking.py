"""Kilobytes that hold megabytes are unpacked in pieces, and once."""

import gc
import gzip
import tracemalloc
import weakref

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import READ_COMMITTED, PartitionRecords
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from batching.fetch import batch_topics
from batching.inflate import gzip_decode

MEGABYTE = 1024 * 1024
GZIP = 1


def unpacking(values: list[bytes]) -> PartitionRecords:
    """Make what aiokafka makes of one gzip batch in a fetch's answer."""
    batch = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=GZIP,
        is_transactional=0,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=1024 * MEGABYTE,
    )
    for offset, value in enumerate(values):
        batch.append(offset, 1_795_341_900_000, None, value, [])
    batch_topics(["unpacked"])
    records = MemoryRecords(bytes(batch.build()))
    partition = TopicPartition("unpacked", 0)
    return PartitionRecords(
        partition, records, [], 0, None, None, check_crcs=True, isolation_level=READ_COMMITTED
    )


def test_large_records_come_in_slices_of_some_megabytes() -> None:
    values = [b"x"] * 10 + [b"x" * MEGABYTE] * 90 + [b"x"] * 9_000
    offsets: list[int] = []
    weights: list[int] = []

    for records, end in unpacking(values):
        offsets += [record.offset for record in records]
        weights.append(sum(len(record.value) for record in records))
        assert end == records[-1].offset + 1

    assert offsets == list(range(len(values)))
    assert max(weights) <= 32 * MEGABYTE
    assert len(weights) <= 7


def test_what_a_batch_holds_is_in_memory_once() -> None:
    records = unpacking([b"x" * MEGABYTE] * 100)

    tracemalloc.start()
    for some, _ in records:
        del some
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 170 * MEGABYTE


def test_what_is_abandoned_half_way_goes_at_once() -> None:
    records = unpacking([b"x" * MEGABYTE] * 40)
    is_there = weakref.ref(records)
    gc.disable()
    try:
        next(iter(records))
        del records
        assert is_there() is None
    finally:
        gc.enable()


@pytest.mark.parametrize(
    "packed",
    [
        pytest.param(gzip.compress(b""), id="nothing"),
        pytest.param(gzip.compress(b"abc" * 1_000), id="one member"),
        pytest.param(gzip.compress(b"abc") + gzip.compress(b"defg"), id="two members"),
        pytest.param(gzip.compress(b"ab", 0), id="not even packed"),
    ],
)
def test_gzip_is_unpacked_as_the_standard_library_does(packed: bytes) -> None:
    assert gzip_decode(memoryview(packed)) == gzip.decompress(packed)


def test_a_trailer_that_says_too_much_makes_no_room_for_it() -> None:
    with pytest.raises((OSError, EOFError)):
        gzip_decode(gzip.compress(b"abc")[:-4] + b"\xff\xff\xff\xff")
