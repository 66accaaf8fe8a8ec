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

_PLAIN_NUMBERS = "SETTINGS output_format_json_quote_64bit_integers = 0"

Counted = Mapping[tuple[Any, ...], int]
"""Rows by the values of some columns."""


class Stored(Protocol):
    """One stream in one sink."""

    def rows(self) -> int:
        """Count the rows; asked often, so it has to be quick."""
        ...

    def places(self) -> tuple[int, int]:
        """Count rows, and different (partition, offset) among them."""
        ...

    def counted(self, keys: tuple[str, ...]) -> Counted:
        """Count rows by these columns."""
        ...


def check_exact(stored: Stored, backlog: Backlog) -> None:
    """Compare with what was produced, every record by its place. Raises InexactError."""
    check_places(stored, backlog.topic, backlog.events)
    columns, names = _KEYS[backlog.stream]
    counted, expected = stored.counted(columns), backlog.counted(*names)
    if counted != expected:
        raise InexactError(f"{backlog.topic}: counted {counted}, must be {expected}")


def check_places(stored: Stored, where: str, events: int) -> None:
    """Say whether each of so many events is there once. Raises InexactError."""
    rows, different = stored.places()
    if rows != events or different != events:
        raise InexactError(f"{where}: produced {events}, stored {rows} of {different} different")


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

    def places(self) -> tuple[int, int]:
        [[rows, different]] = self._lines("count(), uniqExact(kafka_partition, kafka_offset)", "")
        return rows, different

    def counted(self, keys: tuple[str, ...]) -> Counted:
        named = ", ".join(keys)
        counted = self._lines(f"{named}, count()", f"GROUP BY {named}")
        return {tuple(row[:-1]): row[-1] for row in counted}

    def stored_bytes(self) -> int:
        sql = (
            "SELECT sum(bytes_on_disk) FROM system.parts"  # noqa: S608 - our own names
            f" WHERE active AND database = '{self.database}'"
        )
        return int(self.server.query(sql).strip())

    def _lines(self, what: str, more: str) -> list[list[Any]]:
        answer = self._ask(what, f"{more} FORMAT JSONCompactEachRow {_PLAIN_NUMBERS}")
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

    def rows_of_files(self) -> list[int]:
        return [pq.read_metadata(file).num_rows for file in self.files]

    def stored_bytes(self) -> int:
        return sum(file.stat().st_size for file in self.files)

    def places(self) -> tuple[int, int]:
        return _places(self._relation())

    def counted(self, keys: tuple[str, ...]) -> Counted:
        return _counted(self._relation(), keys)

    def _relation(self) -> duckdb.DuckDBPyRelation:
        return duckdb.connect().read_parquet([str(file) for file in self.files])


@dataclass(slots=True)
class InLines:
    """JSON Lines below a folder."""

    folder: Path

    def rows(self) -> int:
        return sum(file.read_bytes().count(b"\n") for file in sorted(self.folder.rglob("*.jsonl")))

    def places(self) -> tuple[int, int]:
        return _places(self._relation(()))

    def counted(self, keys: tuple[str, ...]) -> Counted:
        return _counted(self._relation(keys), keys)

    def _relation(self, texts: tuple[str, ...]) -> duckdb.DuckDBPyRelation:
        files = [str(file) for file in sorted(self.folder.rglob("*.jsonl"))]
        columns = {"kafka_partition": "BIGINT", "kafka_offset": "BIGINT"}
        return duckdb.connect().read_json(files, columns=columns | dict.fromkeys(texts, "VARCHAR"))


def _places(rows: duckdb.DuckDBPyRelation) -> tuple[int, int]:
    different = "count(DISTINCT (kafka_partition, kafka_offset))"
    [(count, places)] = rows.aggregate(f"count(*), {different}").fetchall()
    return count, places


def _counted(rows: duckdb.DuckDBPyRelation, keys: tuple[str, ...]) -> Counted:
    named = ", ".join(keys)
    counted = rows.aggregate(f"{named}, count(*)", named).fetchall()
    return {tuple(row[:-1]): row[-1] for row in counted}
