"""What a sink holds, read past it: rows by Arrow, asked by DuckDB."""

import asyncio
import io
import urllib.parse
import urllib.request
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake.exceptions import TableNotFoundError

from devstack.engines.clickhouse import Clickhouse
from models.all import STREAMS as DECLARED
from models.positions import TopicPartition
from sinks.base import Sink, SinkUnavailable
from sinks.delta.options import DeltaOptions
from sinks.kinds import kinds
from tests.chaos.records import STREAMS, is_row
from tests.chaos.truth import Figures, Place, Truth
from tests.sinks.delta.sinks import table
from tests.sinks.parquet.sinks import dataset

_FIGURES = {
    "content_sessions": "SELECT current_cdn, asn, count(*), sum(video_profile_kbps)"
    " FROM rows GROUP BY 1, 2",
    "media_events": "SELECT event_type, content_type, count(*), sum(position_seconds), count(extra)"
    " FROM rows GROUP BY 1, 2",
    "user_activity": "SELECT event_type, count(*) FROM rows GROUP BY 1",
    "purchases": "SELECT currency, count(*), sum(quantity), sum(amount::DECIMAL(38, 9)"
    " * CASE currency WHEN 'JPY' THEN 1 WHEN 'KWD' THEN 1000 ELSE 100 END) FROM rows GROUP BY 1",
    "market_ticks": "SELECT product_id, count(*), sum(price::DECIMAL(38, 9)) * 100,"
    " sum(last_size::DECIMAL(38, 9)) * 100000000 FROM rows GROUP BY 1",
}
_KEYS = {"content_sessions": 2, "media_events": 2}
_COLUMNS = {
    "content_sessions": {"current_cdn": "VARCHAR", "asn": "BIGINT", "video_profile_kbps": "BIGINT"},
    "media_events": {
        "event_type": "VARCHAR",
        "content_type": "VARCHAR",
        "position_seconds": "BIGINT",
        "extra": "JSON",
    },
    "user_activity": {"event_type": "VARCHAR"},
    "purchases": {"currency": "VARCHAR", "quantity": "BIGINT", "amount": "VARCHAR"},
    "market_ticks": {"product_id": "VARCHAR", "price": "VARCHAR", "last_size": "VARCHAR"},
}
_OFFSETS = {"kafka_partition": "BIGINT", "kafka_offset": "BIGINT"}


class Held(ABC):
    """One sink of headrace.yaml, from outside."""

    def __init__(self, name: str, entry: Mapping[str, Any], prefix: str) -> None:
        self.name = name
        self.entry = entry
        """As it stands in headrace.yaml."""
        self._prefix = prefix
        self._loop = asyncio.Runner()
        self._sinks: dict[str, Sink] = {}

    def reaches(self, ends: Mapping[Place, int]) -> bool:
        """Say whether its own positions have come that far; False while it is away."""
        try:
            return self._loop.run(self._reaches(ends))
        except SinkUnavailable:
            return False

    def differences(self, truth: Truth) -> list[str]:
        """Name what it holds too much, not at all, or otherwise than it was produced."""
        return [
            f"{self.name}: {what}"
            for stream in STREAMS
            for what in self._of_stream(stream, truth, truth.figures())
        ]

    def close(self) -> None:
        for sink in self._sinks.values():
            self._loop.run(sink.close())
        self._loop.close()

    @abstractmethod
    def rows(self, stream: str, columns: Mapping[str, str]) -> pa.Table | None:
        """Read these columns of all rows of a stream; None where nothing is there."""

    def _of_stream(self, stream: str, truth: Truth, figures: Figures) -> Iterator[str]:
        rows = self.rows(stream, {**_COLUMNS[stream], **_OFFSETS})
        for partition in range(truth.partitions):
            numbers = truth.numbers[stream, partition]
            wanted = [offset for offset, number in enumerate(numbers) if is_row(number)]
            yield from _offsets(f"{stream}/{partition}", wanted, _stored(rows, partition))
        expected = figures.get(stream, {})
        stored = _asked(rows, _FIGURES[stream], _KEYS.get(stream, 1))
        if expected != stored:
            yield f"{stream}: must be {expected}, is {stored}"

    async def _reaches(self, ends: Mapping[Place, int]) -> bool:
        for stream in STREAMS:
            mine = {at: end for at, end in ends.items() if at[0] == stream}
            partitions = {
                TopicPartition(f"{self._prefix}{s}", p): end for (s, p), end in mine.items()
            }
            held = await self._sink(stream).positions(partitions)
            if any(held[tp].last_offset + 1 < end for tp, end in partitions.items()):
                return False
        return True

    def _sink(self, stream: str) -> Sink:
        if stream not in self._sinks:
            kind = kinds()[self.entry["kind"]]
            options = {
                key: value for key, value in self.entry.items() if key in kind.options.model_fields
            }
            checked = kind.options.model_validate(options)
            self._sinks[stream] = kind.open(checked, DECLARED[stream], self.name)
        return self._sinks[stream]


class HeldInFiles(Held):
    def rows(self, stream: str, columns: Mapping[str, str]) -> pa.Table | None:
        files = sorted(Path(self.entry["path"]).glob(f"{self._prefix}{stream}/*/*.jsonl"))
        if not files:
            return None
        wanted = duckdb.read_json([str(file) for file in files], columns=dict(columns))
        return wanted.to_arrow_table()


class HeldInParquet(Held):
    def rows(self, stream: str, columns: Mapping[str, str]) -> pa.Table | None:
        found = dataset(dict(self.entry), f"{self._prefix}{stream}")
        return found.to_table(columns=list(columns)) if found.schema.names else None


class HeldInDelta(Held):
    def rows(self, stream: str, columns: Mapping[str, str]) -> pa.Table | None:
        options = {key: self.entry[key] for key in DeltaOptions.model_fields if key in self.entry}
        try:
            found = table(options, f"{self._prefix}{stream}")
        except TableNotFoundError:
            return None
        return found.to_pyarrow_table(columns=list(columns))


class HeldInClickhouse(Held):
    def __init__(self, name: str, server: Clickhouse, prefix: str, **more: Any) -> None:
        database = f"d{prefix.rstrip('-')}"
        entry = {"kind": "clickhouse", "url": server.url, "database": database, **more}
        super().__init__(name, entry, prefix)
        self._server = server

    def rows(self, stream: str, columns: Mapping[str, str]) -> pa.Table | None:
        table = f"{self.entry['database']}.{stream}"
        if self._server.query(f"EXISTS {table}") == "0\n":
            return None
        sql = f"SELECT {', '.join(columns)} FROM {table} FORMAT Parquet"  # noqa: S608 - our own
        url = f"{self._server.url}/?{urllib.parse.urlencode({'query': sql})}"
        with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310 - our own server
            return pq.read_table(io.BytesIO(answer.read()))


def _stored(rows: pa.Table | None, partition: int) -> list[int]:
    if rows is None:
        return []
    sql = f"SELECT kafka_offset FROM rows WHERE kafka_partition = {partition} ORDER BY 1"  # noqa: S608 - a number
    return [offset for (offset,) in _query(rows, sql)]


def _offsets(place: str, wanted: list[int], stored: list[int]) -> Iterator[str]:
    if wanted == stored:
        return
    missing, more = Counter(wanted) - Counter(stored), Counter(stored) - Counter(wanted)
    for what, offsets in (("missing", missing), ("too much", more)):
        if offsets:
            yield f"{place}: {offsets.total()} {what}, the first of them {sorted(offsets)[:5]}"


def _asked(rows: pa.Table | None, sql: str, keys: int) -> dict[Any, tuple[int, ...]]:
    if rows is None or not rows.num_rows:
        return {}
    found = _query(rows, sql)
    return {tuple(row[:keys]): tuple(int(one) for one in row[keys:]) for row in found}


def _query(rows: pa.Table, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        return connection.register("rows", rows).execute(sql).fetchall()
