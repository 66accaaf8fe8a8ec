"""What a sink has stored, seen past it: how many rows, and whether they are what was produced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.exactness import InexactError
from benchmarks.sinks.backlog import Backlog
from devstack.engines.clickhouse import Clickhouse
from devstack.engines.errors import EngineError

_KEYS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "content_sessions": (("current_cdn", "asn"), ("cdn", "asn")),
    "media_events": (("event_type", "content_type"), ("type", "content_type")),
}
"""By stream: columns that the rows are counted by, and what the generator calls these."""


class Stored(Protocol):
    """One stream in one sink."""

    def rows(self) -> int:
        """Count the rows; asked often, so it has to be quick."""
        ...

    def figures(self, keys: tuple[str, ...]) -> tuple[int, int, Mapping[tuple[Any, ...], int]]:
        """Give rows, different (partition, offset), and rows by these columns."""
        ...


def check_exact(stored: Stored, backlog: Backlog) -> None:
    """Compare with what was produced, every record by its place. Raises InexactError."""
    columns, names = _KEYS[backlog.stream]
    rows, different, counted = stored.figures(columns)
    if rows != backlog.events or different != backlog.events:
        raise InexactError(
            f"{backlog.topic}: produced {backlog.events}, stored {rows} of {different} different"
        )
    expected = backlog.counted(*names)
    if counted != expected:
        raise InexactError(f"{backlog.topic}: counted {counted}, must be {expected}")


@dataclass(slots=True)
class InClickhouse:
    """`table` has one stream's rows; of the sink it is the view of the good ones."""

    server: Clickhouse
    database: str
    table: str

    def rows(self) -> int:
        try:
            return int(self._ask("count()", "").strip())
        except EngineError:
            return 0  # it is not made yet, or the server is away

    def figures(self, keys: tuple[str, ...]) -> tuple[int, int, Mapping[tuple[Any, ...], int]]:
        [[rows, different]] = self._lines("count(), uniqExact(kafka_partition, kafka_offset)", "")
        named = ", ".join(keys)
        counted = self._lines(f"{named}, count()", f"GROUP BY {named}")
        return rows, different, {tuple(row[:-1]): row[-1] for row in counted}

    def stored_bytes(self) -> int:
        sql = (
            "SELECT sum(bytes_on_disk) FROM system.parts"  # noqa: S608 - our own names
            f" WHERE active AND database = '{self.database}'"
        )
        return int(self.server.query(sql).strip())

    def _lines(self, what: str, more: str) -> list[list[Any]]:
        answer = self._ask(
            what,
            f"{more} FORMAT JSONCompactEachRow SETTINGS output_format_json_quote_64bit_integers = 0",
        )
        return [msgspec.json.decode(line) for line in answer.splitlines()]

    def _ask(self, what: str, more: str) -> str:
        return self.server.query(f"SELECT {what} FROM {self.database}.{self.table} {more}")  # noqa: S608


@dataclass(slots=True)
class InParquet:
    """Files below a folder, which may be that of the S3 gateway's bucket."""

    folder: Path
    _counted: dict[Path, int] = field(default_factory=dict)

    @property
    def files(self) -> list[Path]:
        return sorted(self.folder.rglob("*.parquet"))

    def rows(self) -> int:
        for file in self.files:
            if file not in self._counted:
                try:
                    self._counted[file] = pq.read_metadata(file).num_rows
                except (pa.ArrowInvalid, OSError):
                    continue  # on its way
        return sum(self._counted.values())

    def stored_bytes(self) -> int:
        return sum(file.stat().st_size for file in self.files)

    def figures(self, keys: tuple[str, ...]) -> tuple[int, int, Mapping[tuple[Any, ...], int]]:
        files = [str(file) for file in self.files]
        with duckdb.connect() as database:
            database.register("rows", database.read_parquet(files))
            return _figures(database, keys)


@dataclass(slots=True)
class InLines:
    """JSON Lines below a folder."""

    folder: Path

    def rows(self) -> int:
        return sum(
            file.read_bytes().count(b"\n") for file in sorted(self.folder.rglob("*.jsonl"))
        )

    def figures(self, keys: tuple[str, ...]) -> tuple[int, int, Mapping[tuple[Any, ...], int]]:
        columns = dict.fromkeys(keys, "VARCHAR")
        columns |= {"kafka_partition": "BIGINT", "kafka_offset": "BIGINT"}
        if "asn" in columns:
            columns["asn"] = "BIGINT"
        files = [str(file) for file in sorted(self.folder.rglob("*.jsonl"))]
        with duckdb.connect() as database:
            database.register("rows", database.read_json(files, columns=columns))
            return _figures(database, keys)


def _figures(
    database: duckdb.DuckDBPyConnection, keys: tuple[str, ...]
) -> tuple[int, int, Mapping[tuple[Any, ...], int]]:
    [(rows, different)] = database.sql(
        "SELECT count(*), count(DISTINCT (kafka_partition, kafka_offset)) FROM rows"
    ).fetchall()
    named = ", ".join(keys)
    counted = database.sql(f"SELECT {named}, count(*) FROM rows GROUP BY ALL").fetchall()  # noqa: S608 - our own names
    return rows, different, {tuple(row[:-1]): row[-1] for row in counted}
