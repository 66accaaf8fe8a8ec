"""Sinks that a replay fills: their headrace.yaml, and the places of the rows that they hold."""

import json
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import yaml


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
