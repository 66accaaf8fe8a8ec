"""From a stream's columns to Arrow: types by declaration, values as they were, refusals as such."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

import pyarrow as pa
import pytest
from pydantic import Field

from generator.clients import Simulation
from generator.traffic import Fractions, Traffic
from headrace import Event, EventTime, IpAddress, Number, StoredAs, Stream, Text, number
from models.all import STREAMS
from models.batches import DecodedBatch
from models.positions import ReadTo, TopicPartition
from sinks.base import Rejected
from sinks.parquet.columns import Columns
from sinks.parquet.packed import Encoded
from tests.generator.decoding import decode

_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)


class Everything(Event):
    """One field of each kind."""

    at: EventTime
    text: Annotated[Text, Field(max_length=10)]
    small: Annotated[int, Field(ge=0, le=10)]
    large: Annotated[int, Field(ge=0, le=2**62)]
    ratio: float
    rounded: Annotated[Number, number("0", "1000", 2), StoredAs(kind="float8")]
    exact: Annotated[Number, number("-99.5", "1000000", places=4)]
    huge: Annotated[Number, number("0", "1e40", places=4)]
    address: IpAddress
    words: Annotated[tuple[Text, ...], StoredAs(kind="text[]")]
    maybe: Annotated[int, Field(ge=0, le=10)] | None = None


EVERYTHING = Stream("everything", Everything, event_time="at", windows=(), keeps_extra=True)
_ROW = (
    1_700_000_000_123_456,
    "a",
    1,
    2**61,
    1.5,
    Decimal("2.25"),
    Decimal("12.3400"),
    Decimal("1e39"),
    "2001:db8::1",
    ("x", "y"),
    None,
    b'{"b":1}',
)


def _decoded(*rows: tuple[Any, ...]) -> DecodedBatch:
    columns: list[Any] = list(zip(*rows, strict=True)) if rows else [()] * len(_ROW)
    return DecodedBatch(
        TopicPartition("everything", 3),
        range(len(rows)),
        columns,
        [],
        [0] * len(rows),
        0,
        len(rows),
        0,
        ReadTo(len(rows), None),
    )


def table_of(
    columns: Columns, parts: list[Encoded], partition: int = 0, epoch: int = 1
) -> pa.Table:
    return pa.concat_tables(columns.tables(parts, partition, epoch, most=700))


def test_types_follow_from_the_declaration() -> None:
    schema = Columns(EVERYTHING).schema

    assert {field.name: str(field.type) for field in schema} == {
        "at": "timestamp[us, tz=UTC]",
        "text": "string",
        "small": "int32",
        "large": "int64",
        "ratio": "double",
        "rounded": "double",
        "exact": "decimal128(11, 4)",
        "huge": "string",
        "address": "string",
        "words": "list<item: string>",
        "maybe": "int32",
        "extra": "string",
        "kafka_partition": "int32",
        "kafka_offset": "int64",
        "epoch": "int32",
    }


def test_values_are_what_was_decoded() -> None:
    columns = Columns(EVERYTHING)
    other = (*_ROW[:9], (), 7, None)

    encoded = columns.encode(_decoded(_ROW, other))

    [first, second] = table_of(columns, [encoded], 3, 2).to_pylist()
    assert first == {
        "at": _BEGIN + timedelta(microseconds=_ROW[0]),
        "text": "a",
        "small": 1,
        "large": 2**61,
        "ratio": 1.5,
        "rounded": 2.25,
        "exact": Decimal("12.34"),
        "huge": "1" + "0" * 39,
        "address": "2001:db8::1",
        "words": ["x", "y"],
        "maybe": None,
        "extra": '{"b":1}',
        "kafka_partition": 3,
        "kafka_offset": 0,
        "epoch": 2,
    }
    assert (second["words"], second["maybe"], second["extra"]) == ([], 7, None)


def test_nothing_becomes_a_table_without_rows() -> None:
    columns = Columns(EVERYTHING)

    table = table_of(columns, [columns.encode(_decoded())])

    assert table.num_rows == 0
    assert table.schema == columns.schema


@pytest.mark.parametrize(
    ("place", "value"),
    [
        pytest.param(1, "\ud800", id="half a character"),
        pytest.param(3, 2**64, id="a number that is too large"),
        pytest.param(6, Decimal("1e20"), id="a decimal that is too large"),
    ],
)
def test_what_fits_no_column_is_rejected(place: int, value: object) -> None:
    bad = (*_ROW[:place], value, *_ROW[place + 1 :])

    with pytest.raises(Rejected) as rejected:
        Columns(EVERYTHING).encode(_decoded(_ROW, bad))

    assert 0 < len(str(rejected.value)) < 500


def test_what_hardly_repeats_is_kept_plain_and_reads_the_same() -> None:
    columns = Columns(EVERYTHING)
    unique = [(*_ROW[:1], f"{number}", *_ROW[2:]) for number in range(25_000)]
    parts = [columns.encode(_decoded(*unique[at : at + 500])) for at in range(0, 25_000, 500)]

    tables = list(columns.tables(parts, 0, 1, most=22_200))
    after = columns.encode(_decoded(*unique[:10]))
    mixed = list(columns.tables([parts[0], after], 0, 1, most=22_200))

    assert [table.num_rows for table in tables] == [22_200, 2_800]
    for table in (*tables, *mixed):
        assert table.schema.field("text").type == pa.string()
        assert pa.types.is_dictionary(table.schema.field("address").type)
    found = [value for table in tables for value in table["text"].to_pylist()]
    assert found == [str(number) for number in range(25_000)]
    assert mixed[0]["text"].to_pylist() == found[:500] + found[:10]


def test_a_few_rows_do_not_tell_whether_a_column_repeats() -> None:
    columns = Columns(EVERYTHING)
    few = [(*_ROW[:1], f"{number}", *_ROW[2:]) for number in range(2_000)]

    table = table_of(columns, [columns.encode(_decoded(*few))])

    assert pa.types.is_dictionary(table.schema.field("text").type)


@pytest.mark.parametrize("stream", STREAMS)
def test_every_stream_is_stored_as_it_was_decoded(stream: str) -> None:
    now = 1_795_341_900_000
    traffic = Traffic(stream, Simulation(1, 1_000, now - 2_000), Fractions())
    decoded = decode(stream, list(traffic.take(1_500)), now)
    columns = Columns(replace(STREAMS[stream], windows=()))

    table = table_of(columns, [columns.encode(decoded)])

    assert table.num_rows == len(decoded.offsets) > 1_000
    for place, column in enumerate(STREAMS[stream].columns):
        found = table[column.name].to_pylist()
        wanted = [_as_arrow(value, column.kind) for value in decoded.columns[place]]
        assert found == wanted, column.name


def _as_arrow(value: Any, kind: str) -> Any:
    if kind == "timestamptz":
        return _BEGIN + timedelta(microseconds=value)
    if kind == "float8" and value is not None:
        return float(value)
    if isinstance(value, bytes):
        return value.decode()
    return list(value) if isinstance(value, tuple) else value
