"""Rows that wait: smaller than their arrays, and the same when they are needed."""

from dataclasses import replace

import pyarrow as pa
import pytest

from generator.clients import Simulation
from generator.traffic import Fractions, Traffic
from models.all import STREAMS
from sinks.parquet.columns import Columns
from sinks.parquet.packed import Encoded, Packed, packed
from tests.generator.decoding import decode

_ROWS = 3_000
_NOW = 1_795_341_900_000


def _encoded(topic: str) -> Encoded:
    traffic = Traffic(topic, Simulation(1, 1_000, _NOW - 4_000), Fractions())
    decoded = decode(topic, traffic.take(_ROWS), _NOW)
    return Columns(replace(STREAMS[topic], windows=())).encode(decoded)


def _size(rows: Encoded) -> int:
    return sum(array.get_total_buffer_size() for array in rows.arrays)


@pytest.mark.parametrize("topic", STREAMS)
def test_rows_are_the_same_again(topic: str) -> None:
    rows = _encoded(topic)

    small = packed(rows)

    assert isinstance(small, Packed)
    assert len(small.body) < _size(rows) / 1.5
    assert small.dictionaries == rows.dictionaries
    assert list(small.unpacked().arrays) == list(rows.arrays)
    assert small.unpacked().offsets == rows.offsets


def test_a_slice_of_a_slice_has_its_rows() -> None:
    rows = _encoded("media_events")

    part = packed(rows).slice(100, 900).slice(50, 60).unpacked()

    assert part.offsets == rows.offsets[150:160]
    assert list(part.arrays) == [array[150:160] for array in rows.arrays]


def test_few_rows_are_left_as_they_are() -> None:
    few = _encoded("purchases").slice(0, 10)

    assert packed(few) is few


def test_a_stream_that_keeps_no_rows_has_nothing_to_pack() -> None:
    rows = Encoded([], pa.array(range(_ROWS)))

    assert packed(rows) is rows
