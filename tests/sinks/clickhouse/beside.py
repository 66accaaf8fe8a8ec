"""What tests of the ClickHouse sink have in common: a database each, batches, and looks."""

from typing import Any
from uuid import uuid4

import pytest

from devstack.engines.clickhouse import Clickhouse
from models.batches import Batch, DecodedBatch
from models.content_sessions import CONTENT_SESSIONS
from models.positions import ReadTo, TopicPartition
from models.streams import Stream
from sinks.base import Sink
from sinks.clickhouse import insert
from sinks.clickhouse.options import ClickhouseOptions
from sinks.clickhouse.sink import ClickhouseSink
from tests.models.records import NOW_MILLISECONDS

P0, P1 = TopicPartition("content_sessions", 0), TopicPartition("content_sessions", 1)
CDNS = ("Akamai", "Fastly", "CloudFront", "Own", "Bunny")


class Place:
    """One database of a server, for one test."""

    def __init__(self, server: Clickhouse, database: str) -> None:
        self.server = server
        self.database = database

    def options(self, **given: object) -> ClickhouseOptions:
        said = {"url": self.server.url, "database": self.database, **given}
        return ClickhouseOptions.model_validate(said)

    def sink(self, stream: Stream = CONTENT_SESSIONS, **given: object) -> ClickhouseSink:
        return ClickhouseSink(self.options(**given), stream)

    def query(self, sql: str) -> str:
        return self.server.query(sql.replace("DB.", f"{self.database}."))

    def query_in_database(self, sql: str) -> str:
        """Run a query that names tables only."""
        return self.server.query(sql, self.database)

    def rows(self, sql: str) -> list[list[str]]:
        return [line.split("\t") for line in self.query(sql).splitlines()]

    def offsets(self, partition: int = 0, epoch: int = 1) -> list[int]:
        found = self.query(
            "SELECT kafka_offset FROM DB.content_sessions_records"
            f" WHERE kafka_partition = {partition} AND epoch = {epoch} ORDER BY 1"
        )
        return list(map(int, found.split()))


def records(tp: TopicPartition, first: int, last: int) -> DecodedBatch:
    """Make heartbeats at these offsets, ends included: what they say is known by their offsets."""
    offsets = range(first, last + 1)
    count = len(offsets)
    return DecodedBatch(
        tp=tp,
        offsets=offsets,
        columns=[
            [NOW_MILLISECONDS * 1_000 + offset * 1_000 for offset in offsets],
            [f"s-{offset}" for offset in offsets],
            ["tv"] * count,
            ["news"] * count,
            [offset % 7 for offset in offsets],
            [CDNS[offset % len(CDNS)] for offset in offsets],
            [1_000 + offset % 9 for offset in offsets],
            [10] * count,
            [None if offset % 3 else 8_000 for offset in offsets],
            [None if offset % 3 else offset % 2 * 700 for offset in offsets],
            [None if offset % 3 else 900 * (offset % 40) for offset in offsets],
            [None if offset % 3 else offset % 2 for offset in offsets],
            [None if offset % 7 else 240 * (offset % 50) for offset in offsets],
            ["hls.js" if offset % 2 else None for offset in offsets],
        ],
        dead_letters=(),
        timestamps=[NOW_MILLISECONDS] * count,
        size_bytes=count * 200,
        last_offset=last,
        last_timestamp=NOW_MILLISECONDS,
        read_to=ReadTo(last + 1, None),
    )


def batch(sink: Sink, *parts: tuple[TopicPartition, int, int]) -> Batch:
    """Make a batch of heartbeats: (partition, first offset, last offset) of each part."""
    made = Batch(CONTENT_SESSIONS)
    for tp, first, last in parts:
        decoded = records(tp, first, last)
        made.add(decoded, sink.encode(decoded, 1))
    return made


def without_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have sinks insert as they would without any care: tests must see what comes of it."""

    def careless(*given: Any) -> str:
        lines = insert.insert_sql(*given).split("\n")
        return "\n".join("WHERE 1" if line.startswith("WHERE") else line for line in lines)

    monkeypatch.setattr("sinks.clickhouse.sink.insert_sql", careless)
    monkeypatch.setattr("sinks.clickhouse.sink.token", lambda *_: uuid4().hex)
