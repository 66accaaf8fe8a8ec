"""What Parquet weighs and costs: by real objects where there are some, else by a sample."""

from pathlib import Path
from typing import Any

import pytest

from app.cli.storage_economics import Prices
from sinks.parquet.kind import weigh
from sinks.parquet.options import ParquetOptions
from tests.app.cli.test_config import headrace_of
from tests.sinks.parquet.sinks import HOUR_MS, P0, P1, batch, sink_in

SEED = Prices(5_000_000, 0.023, 0.005)


def test_the_seeds_sum_by_its_own_figures() -> None:
    raw = SEED.line("raw", 350, 350, 7_200)

    assert raw == (
        "raw", "350 B", "350.0 B", "1.0:1", "2,520 GB", "7,200", "$1,739", "$1.08", "$1,740",
    )  # fmt: skip


def test_prices_and_rates_change_the_sum() -> None:
    twice = Prices(10_000_000, 0.046, 0.01).line("", 350, 35, 7_200)

    assert twice[-3:] == ("$696", "$2.16", "$698")


async def _fill(place: dict[str, Any]) -> None:
    sink = sink_in(place)
    first = batch(sink, 3_000)
    batch(sink, 1_000, tp=P1, to=first)
    await sink.write(first, await sink.positions([P0, P1]))
    later = batch(sink, 2_000, start=3_000, timestamp=HOUR_MS * 500_000)
    await sink.write(later, await sink.positions([P0]))
    await sink.close()


async def test_objects_are_weighed_where_they_stand(place: dict[str, Any]) -> None:
    await _fill(place)

    weight = await weigh(ParquetOptions(**place), P0.topic)

    assert weight is not None
    assert (weight.objects, weight.partitions) == (3, 2)
    assert weight.size_bytes > 0
    assert weight.json_bytes_per_event == pytest.approx(185, abs=30)
    assert 1 < weight.bytes_per_event < weight.json_bytes_per_event
    assert await weigh(ParquetOptions(**place), "another") is None


async def test_the_command_tells_of_real_objects(tmp_path: Path) -> None:
    await _fill({"path": str(tmp_path / "parquet")})
    (tmp_path / "headrace.yaml").write_text("sinks: {archive: {kind: parquet, path: parquet}}")

    told = headrace_of(tmp_path, "storage", "--objects", "--gb-month", "0.1")

    assert told.returncode == 0, told.stderr
    lines = [line.split("\t") for line in told.stdout.splitlines()]
    assert lines[1][0] == "archive: content_sessions"
    assert lines[1][5] == "17,328"  # of two partitions, every ten seconds
    assert "archive: content_sessions: 3 objects of 2 partitions" in told.stdout
    assert "sample" not in told.stdout


def test_without_objects_a_sample_tells(tmp_path: Path) -> None:
    told = headrace_of(tmp_path, "storage", "--objects")

    assert told.returncode == 0, told.stderr
    sample = told.stdout.splitlines()[1].split("\t")
    assert sample[0] == "media_events, a sample"
    assert float(sample[3].removesuffix(":1")) > 10


def test_what_is_no_parquet_is_told_and_nothing_is_made_by_looking(tmp_path: Path) -> None:
    (tmp_path / "headrace.yaml").write_text(
        "sinks: {archive: {kind: parquet, path: parquet, streams: [content_sessions]}}"
    )
    elsewhere = {"HEADRACE_STREAMS": "purchases"}
    before = headrace_of(tmp_path, "storage", "--objects", **elsewhere)
    compacted = headrace_of(tmp_path, "compact", "parquet", **elsewhere)
    was_made = (tmp_path / "parquet").exists()
    hour = "content_sessions/epoch=1/kafka_partition=0/date=2026-01-01/hour=00"
    (tmp_path / "parquet" / hour).mkdir(parents=True)
    (tmp_path / "parquet" / hour / f"{0:020}.parquet").write_text("hello")

    told = headrace_of(tmp_path, "storage", "--objects")

    assert (before.returncode, compacted.returncode, was_made) == (0, 0, False), before.stderr
    assert told.returncode == 2
    assert told.stderr.startswith("Error: sink archive: content_sessions/epoch=1/")
    assert told.stderr.endswith("is no Parquet file: what has put it there?\n")
