"""A stream's columns as a table's, and what a table may be like for rows to be added to it."""

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, Field, Schema

from sinks.delta.options import PARTITION
from sinks.parquet.columns import Columns

_CURE = "ALTER it back, or give this sink another path"
_BY_THE_WRITER = ("delta.invariants", "delta.generationExpression")
_EXPIRE = "delta.setTransactionRetentionDuration"


def schema_of(columns: Columns) -> Schema:
    """Give the columns of the files, and the one that the table is partitioned by."""
    return Schema.from_arrow(pa.schema([*columns.schema, pa.field(PARTITION, pa.date32())]))


def lacking(table: DeltaTable, wanted: Schema) -> list[Field]:
    """Give the columns that the table does not have yet."""
    there = _fields(table.schema())
    return [field for field in wanted.fields if field.name not in there]


def problem(table: DeltaTable, wanted: Schema) -> str:
    """Say why rows of these columns cannot be added, and what to do; nothing where they can."""
    there, ours = _fields(table.schema()), _fields(wanted)
    for name, field in ours.items():
        if name in there and there[name]["type"] != field["type"]:
            return f"column {name} is {there[name]['type']}, not {field['type']}: {_CURE}"
    for name, field in there.items():
        if name not in ours and not field["nullable"]:
            return f"column {name} may not be null, and the stream has none: {_CURE}"
        if any(said in field["metadata"] for said in _BY_THE_WRITER):
            return f"column {name} is to be checked or made by the writer: {_CURE}"
    partitions = table.metadata().partition_columns
    if partitions != [PARTITION]:
        return f"partitioned by {partitions}, not by date: give this sink another path"
    return _problem_of(table.metadata().configuration)


def _problem_of(configuration: Mapping[str, Any]) -> str:
    if _EXPIRE in configuration:
        return f"{_EXPIRE} would let positions expire: unset it"
    if any(name.startswith("delta.constraints.") for name in configuration):
        return "it has CHECK constraints, which this sink does not check: drop them"
    if configuration.get("delta.columnMapping.mode", "none") != "none":
        return "it has column mapping, which deltalake does not write: give this sink another path"
    return ""


def _fields(schema: Schema) -> dict[str, Any]:
    return {field["name"]: field for field in json.loads(schema.to_json())["fields"]}
