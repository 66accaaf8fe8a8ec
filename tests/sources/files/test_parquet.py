"""Parquet: rows become the events that they would be as JSON Lines, whatever their types."""

import io
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sources.base import SourceRefused
from tests.sources.files.drained import Drained

_BEGIN = datetime(2026, 11, 25, 10, tzinfo=UTC)


def _events(count: int) -> pa.Table:
    numbers = range(count)
    return pa.table(
        {
            "time": pa.array(
                [_BEGIN + timedelta(milliseconds=number) for number in numbers],
                pa.timestamp("us", "UTC"),
            ),
            "session_id": [f"s{number % 7}" for number in numbers],
            "asn": list(numbers),
        }
    )


async def test_a_process_that_is_killed_goes_on_at_the_row(tmp_path: Path) -> None:
    pq.write_table(_events(60_000), tmp_path / "a.parquet", row_group_size=25_000)
    drained = Drained(tmp_path)

    while len(drained.records) < 60_000:
        before = len(drained.records)
        await drained.until(lambda before=before: len(drained.records) > before)  # type: ignore[misc] # its default binds it

    await drained.settled()
    assert [json.loads(value)["asn"] for value in drained.values] == list(range(60_000))
    value, key, timestamp = drained.records[12_345]
    assert json.loads(value)["time"] == "2026-11-25T10:00:12.345000Z"
    assert (key, timestamp) == (b"s4", 1_795_600_812_345)


async def test_a_row_that_is_larger_than_an_event_may_be_is_left_out_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = ["a", "b" * 5_000, "c"]
    pq.write_table(pa.table({"text": text}), tmp_path / "a.parquet", row_group_size=2)

    drained = await Drained(tmp_path, largest_bytes=1_000).all()

    assert [json.loads(value)["text"] for value in drained.values] == ["a", "c"]
    assert drained.stats.refused == {"too large": 1}
    assert "a.parquet, row 2: 5,011 bytes" in caplog.text


async def test_every_type_is_written_as_json_says_it(tmp_path: Path) -> None:
    table = pa.table(
        {
            "text": ['say "hi"\\\n', "é", None],
            "word": pa.array(["a", '"', None]).dictionary_encode(),
            "whole": pa.array([1, -(2**63), None], pa.int64()),
            "real": [1.5, 1e300, None],
            "exact": pa.array([Decimal("1.50"), Decimal("-0.01"), None]),
            "yes": [True, False, None],
            "day": [date(2026, 11, 25), None, None],
            "local": pa.array([_BEGIN.replace(tzinfo=None), None, None], pa.timestamp("ms")),
            "zoned": pa.array([_BEGIN, None, None], pa.timestamp("us", "Asia/Tokyo")),
            "list": [["a", "b"], [], None],
            "object": [{"x": 1}, {"x": None}, None],
            "bytes": [b"raw", None, None],
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")

    values = (await Drained(tmp_path).all()).values

    assert [json.loads(value) for value in values] == [
        {
            "text": 'say "hi"\\\n',
            "word": "a",
            "whole": 1,
            "real": 1.5,
            "exact": "1.50",
            "yes": True,
            "day": "2026-11-25",
            "local": "2026-11-25T10:00:00.000Z",
            "zoned": "2026-11-25T10:00:00.000000Z",
            "list": ["a", "b"],
            "object": {"x": 1},
            "bytes": "raw",
        },
        {
            "text": "é",
            "word": '"',
            "whole": -(2**63),
            "real": 1e300,
            "exact": "-0.01",
            "yes": False,
            "list": [],
            "object": {"x": None},
        },
        {},
    ]


async def test_what_is_no_whole_parquet_is_told_and_read_when_it_is(tmp_path: Path) -> None:
    whole = io.BytesIO()
    pq.write_table(_events(100), whole)
    file = tmp_path / "a.parquet"
    file.write_bytes(whole.getvalue()[:-50])
    drained = await Drained(tmp_path).settled()
    assert drained.stats.refused == {"unreadable file": 1}

    file.write_bytes(whole.getvalue())

    assert len((await drained.settled()).records) == 100


async def test_once_ends_with_what_could_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and nothing of the kind")
    pq.write_table(_events(5), tmp_path / "b.parquet")
    drained = Drained(tmp_path)

    with pytest.raises(SourceRefused, match=r"a\.parquet: no Parquet, or damaged"):
        await drained.all()

    assert len(drained.records) == 5


async def test_a_file_written_anew_is_another_file(tmp_path: Path) -> None:
    pq.write_table(_events(5), tmp_path / "a.parquet")
    drained = await Drained(tmp_path).settled()

    pq.write_table(_events(9), tmp_path / "a.parquet")

    assert len((await drained.settled()).records) == 14
