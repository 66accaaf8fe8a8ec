"""Sinks that a replay fills: their headrace.yaml, and the places of the rows that they hold."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.dataset as ds
import yaml

from devstack.engines.clickhouse import Clickhouse

Place = tuple[dict[str, Any], Callable[[], list[tuple[int, int, int]]]]
"""A sink's entry in headrace.yaml, and what reads (epoch, partition, offset) of its rows."""


def in_clickhouse(server: Clickhouse, database: str) -> Place:
    def places() -> list[tuple[int, int, int]]:
        answer = server.query(
            "SELECT epoch, kafka_partition, toInt32(kafka_offset)"  # noqa: S608 - its own name
            f" FROM {database}.media_events FORMAT JSONCompactEachRow"
        )
        return sorted(tuple(msgspec.json.decode(line)) for line in answer.splitlines())

    return {"kind": "clickhouse", "url": server.url, "database": database}, places


def in_parquet(folder: Path) -> list[tuple[int, int, int]]:
    table = ds.dataset([str(file) for file in folder.rglob("*.parquet")]).to_table(
        ["epoch", "kafka_partition", "kafka_offset"]
    )
    return sorted(zip(*(column.to_pylist() for column in table.columns), strict=True))


def in_lines(folder: Path) -> list[tuple[int, int, int]]:
    lines = [
        json.loads(line)
        for file in folder.rglob("*.jsonl")
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    return sorted((one["epoch"], one["kafka_partition"], one["kafka_offset"]) for one in lines)


def configured(folder: Path, **sinks: dict[str, Any]) -> dict[str, str]:
    """Write headrace.yaml; give the settings that name it."""
    file = folder / "headrace.yaml"
    file.write_text(yaml.safe_dump({"sinks": sinks}), encoding="utf-8")
    return {"HEADRACE_CONFIG": str(file)}
