"""What stands there is a table that others read: equal types, equal sums, files passed over."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pytest
from deltalake import QueryBuilder

from models.all import STREAMS
from models.batches import Batch
from models.media_events import MEDIA_EVENTS
from models.streams import Stream
from tests.models.records import NOW_MILLISECONDS
from tests.sinks.delta.sinks import sink_in, stored, table
from tests.sinks.generated import store_generated
from tests.sinks.parquet.sinks import HOUR_MS


@pytest.fixture
def local(tmp_path: Path) -> dict[str, Any]:
    return {"path": str(tmp_path / "lake")}


async def store_some(place: dict[str, Any], stream: Stream) -> Batch:
    """Store records of two partitions and two days; those of the last write are dead letters."""
    stream = replace(stream, windows=())
    return await store_generated(sink_in(place, stream), stream, 24 * HOUR_MS)


def _asked(select: str, rows: pa.Table | ds.Dataset) -> list[Any]:
    """Ask DuckDB, by Arrow: its own extension for Delta has to be downloaded."""
    with duckdb.connect() as database:
        database.register("events", rows)
        found: list[Any] = database.sql(f"{select} FROM events").fetchall()
    return found


@pytest.mark.parametrize("topic", STREAMS)
async def test_deltalake_pyarrow_and_duckdb_read_the_same(
    local: dict[str, Any], topic: str
) -> None:
    written = await store_some(local, STREAMS[topic])
    select = "SELECT count(*), sum(kafka_offset), count(DISTINCT date), sum(kafka_partition)"

    there = table(local, topic)
    [by_duckdb] = _asked(select, there.to_pyarrow_dataset())
    found = QueryBuilder().register("events", there).execute(f"{select} FROM events")
    [by_deltalake] = pa.table(found.read_all()).to_pylist()
    rows = stored(local, topic)

    assert written.row_count > 1_000
    assert by_duckdb[0] == rows.num_rows == there.count() == written.row_count
    assert by_duckdb[1] == pc.sum(rows["kafka_offset"]).as_py()
    assert by_duckdb[2:] == (2, pc.sum(rows["kafka_partition"]).as_py())
    assert list(by_duckdb) == list(by_deltalake.values())
    assert len(there.file_uris()) == 2  # a file of each write that has rows, whatever partitions


async def test_it_holds_what_the_parquet_sink_would(place: dict[str, Any]) -> None:
    """Row by row and column by column: the same encoder, with one column more."""
    written = await store_some(place, MEDIA_EVENTS)

    rows = stored(place, "media_events")

    assert rows.num_rows == written.row_count
    assert rows["date"].unique().to_pylist() == [
        datetime.fromtimestamp(NOW_MILLISECONDS / 1_000 + day * 86_400, UTC).date()
        for day in (0, 1)
    ]
    assert rows.schema.names[-4:] == ["kafka_partition", "kafka_offset", "epoch", "date"]
    for name in ("event_type", "extra"):
        assert rows[name].null_count < rows.num_rows


async def test_types_are_those_that_were_declared(local: dict[str, Any]) -> None:
    await store_some(local, STREAMS["purchases"])

    types = {field.name: field.type for field in stored(local, "purchases").schema}

    assert types["event_time"] == pa.timestamp("us", "UTC")
    assert types["amount"] == pa.decimal128(17, 4)
    assert types["quantity"] == pa.int32()
    assert types["date"] == pa.date32()


async def test_statistics_tell_what_is_in_a_file(local: dict[str, Any]) -> None:
    await store_some(local, STREAMS["purchases"])
    rows = stored(local, "purchases")
    first = rows.filter(pc.field("date") == rows["date"][0].as_py())

    actions = pa.table(table(local, "purchases").get_add_actions(flatten=True)).to_pylist()
    [told] = [one for one in actions if one["partition.date"] == rows["date"][0].as_py()]

    assert told["num_records"] == first.num_rows
    for name in ("kafka_offset", "event_time", "amount", "currency"):
        bounds = pc.min_max(first[name]).as_py()
        assert (told[f"min.{name}"], told[f"max.{name}"]) == (bounds["min"], bounds["max"])
        assert told[f"null_count.{name}"] == first[name].null_count
    assert isinstance(told["max.amount"], Decimal)


async def test_files_are_passed_over_by_date_and_by_statistics(local: dict[str, Any]) -> None:
    await store_some(local, MEDIA_EVENTS)
    found = table(local, "media_events").to_pyarrow_dataset()
    day = datetime.fromtimestamp(NOW_MILLISECONDS / 1_000, UTC).date()

    def files(wanted: ds.Expression) -> int:
        return len(list(found.get_fragments(wanted)))

    assert files(ds.field("kafka_offset") >= 0) == 2
    assert files(ds.field("date") == day) == 1
    assert files(ds.field("kafka_offset") >= 400) == 1
    assert found.count_rows(filter=ds.field("kafka_offset") < 400) == found.count_rows(
        filter=ds.field("date") == day
    )


async def test_a_column_that_is_added_later_is_null_before(place: dict[str, Any]) -> None:
    before = await store_some(place, replace(MEDIA_EVENTS, keeps_extra=False))
    assert "extra" not in stored(place, "media_events").schema.names

    after = await store_some(place, MEDIA_EVENTS)

    rows = stored(place, "media_events")
    assert rows.num_rows == before.row_count + after.row_count
    assert rows.slice(0, 1)["extra"].null_count == 1
    assert 0 < len(rows) - rows["extra"].null_count <= after.row_count


async def test_a_worker_of_the_release_before_goes_on_beside_it(local: dict[str, Any]) -> None:
    """Its rows are null where the table has got a column since."""
    first = await store_some(local, MEDIA_EVENTS)

    second = await store_some(local, replace(MEDIA_EVENTS, keeps_extra=False))

    assert stored(local, "media_events").num_rows == first.row_count + second.row_count
