"""What stands there is a set of files that others read: equal types, equal sums."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from models.all import STREAMS
from models.batches import Batch
from models.decode import Decoder
from models.media_events import MEDIA_EVENTS
from models.positions import TopicPartition
from models.records import RecordBatch
from models.validation import Limits
from tests.models.records import NOW_MILLISECONDS, KafkaRecord
from tests.sinks.generated import PARTITIONS, store_generated
from tests.sinks.parquet.sinks import HOUR_MS, dataset, sink_in

_TYPES = {name: replace(stream, windows=()) for name, stream in STREAMS.items()}


async def _written(place: dict[str, Any], topic: str) -> Batch:
    """Store records of two partitions and three hours; those of the last are dead letters."""
    stream = _TYPES[topic]
    return await store_generated(sink_in(place, stream), stream, HOUR_MS)


def asked(select: str, place: dict[str, Any], topic: str) -> list[Any]:
    """Ask DuckDB for what stands there."""
    files = f"{place['path']}/{topic}/**/*.parquet"
    read = f"read_parquet('{files}', hive_partitioning=true, union_by_name=true)"
    with duckdb.connect() as database:
        found: list[Any] = database.sql(f"{select} FROM {read}").fetchall()
    return found


def files_in(place: dict[str, Any]) -> list[Path]:
    return sorted(Path(place["path"]).rglob("*.parquet"))


@pytest.fixture
def local(tmp_path: Path) -> dict[str, Any]:
    return {"path": str(tmp_path / "parquet")}


@pytest.mark.parametrize("topic", STREAMS)
async def test_pyarrow_and_duckdb_read_all_of_it(local: dict[str, Any], topic: str) -> None:
    written = await _written(local, topic)

    [found] = asked(
        "SELECT count(*), sum(kafka_offset), count(DISTINCT hour), count(DISTINCT date)",
        local,
        topic,
    )
    table = dataset(local, topic).to_table()

    assert written.row_count > 1_000
    assert found[0] == table.num_rows == written.row_count
    assert found[1] == pc.sum(table["kafka_offset"]).as_py()
    assert found[2:] == (2, 1)


async def test_pyarrow_reads_it_from_s3(place: dict[str, Any]) -> None:
    written = await _written(place, "media_events")

    found = dataset(place, "media_events")

    assert found.count_rows() == written.row_count
    assert found.count_rows(ds.field("hour") == 11) > 0
    assert found.count_rows(ds.field("kafka_partition") == 0) == written.row_count // 2


async def test_all_files_have_the_same_types(local: dict[str, Any]) -> None:
    await _written(local, "media_events")

    schemas = [pq.read_schema(file) for file in files_in(local)]

    assert len(schemas) == 3 * PARTITIONS  # one of them without rows
    assert all(schema.equals(schemas[0]) for schema in schemas)
    assert not any(str(kind).startswith("dictionary") for kind in schemas[0].types)


async def test_duckdb_reads_the_types_that_were_declared(local: dict[str, Any]) -> None:
    await _written(local, "purchases")
    described = asked("DESCRIBE SELECT *", local, "purchases")

    types = {name: kind for name, kind, *_ in described}
    assert types["event_time"] == "TIMESTAMP WITH TIME ZONE"
    assert types["amount"] == "DECIMAL(17,4)"
    assert types["quantity"] == "INTEGER"
    assert types["kafka_offset"] == "BIGINT"


async def test_files_say_how_far_their_partition_is_stored(local: dict[str, Any]) -> None:
    written = await _written(local, "market_ticks")
    newest = max(files_in(local), key=str)

    said = pq.read_metadata(newest).metadata

    assert int(said[b"last-offset"]) == written.records // PARTITIONS - 1
    assert said[b"last-timestamp"] == str(NOW_MILLISECONDS + 2 * HOUR_MS).encode()
    assert len(said[b"writer"]) == 32


async def test_row_groups_prune_by_time(local: dict[str, Any]) -> None:
    stream = _TYPES["content_sessions"]
    sink = sink_in(local | {"row_group_rows": 1_024}, stream)
    decoder, tp = Decoder(stream, Limits()), TopicPartition("content_sessions", 0)
    batch = Batch(stream)
    records = [
        KafkaRecord(offset, _beat(offset), NOW_MILLISECONDS + offset) for offset in range(10_000)
    ]
    decoded = decoder.decode(RecordBatch(tp, 0, len(records), records))
    batch.add(decoded, sink.encode(decoded, 1))
    await sink.write(batch, await sink.positions([tp]))

    [file] = files_in(local)
    [fragment] = dataset(local).get_fragments()
    late = datetime.fromtimestamp((NOW_MILLISECONDS + 9_500) / 1_000, UTC)
    kept = fragment.split_by_row_group(ds.field("time") >= late)

    assert pq.ParquetFile(file).num_row_groups == 10
    assert len(kept) == 1
    assert pq.read_metadata(file).row_group(0).column(0).has_column_index


def _beat(offset: int) -> bytes:
    at = datetime.fromtimestamp((NOW_MILLISECONDS + offset) / 1_000, UTC)
    said = {"session_id": f"s-{offset}", "platform": "tv", "channel": "news", "asn": 1}
    said |= {"current_cdn": "Akamai", "video_profile_kbps": 4_000, "time": at.isoformat()}
    return json.dumps(said).encode()


async def test_a_column_that_is_added_later_is_null_before(local: dict[str, Any]) -> None:
    old = replace(MEDIA_EVENTS, windows=(), keeps_extra=False)
    _TYPES["media_events"], kept = old, _TYPES["media_events"]
    try:
        before = await _written(local, "media_events")
    finally:
        _TYPES["media_events"] = kept
    files = files_in(local)
    after = await _written(local, "media_events")

    [found] = asked("SELECT count(*), count(extra)", local, "media_events")

    assert len(files) == 3 * PARTITIONS
    assert found[0] == before.row_count + after.row_count
