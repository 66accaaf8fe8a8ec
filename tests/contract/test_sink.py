"""What every sink promises: the fake and the real one pass the same tests."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from batching.topic_identity import PartitionIdentity
from devstack.engines.clickhouse import Clickhouse
from headrace.testing import SinkContract, Subject, WindowSinkContract, batch_of, heartbeat
from models.content_sessions import CONTENT_SESSIONS
from sinks.clickhouse.options import ClickhouseOptions
from sinks.clickhouse.sink import ClickhouseSink
from sinks.postgres.sink import PostgresSink
from tests.agents.doubles import RecordingObserver, begun, flushed, writer_to
from tests.contract.stored import clickhouse as clickhouse_subject
from tests.contract.stored import memory, postgres
from tests.models.records import TP


class _WithWriter(WindowSinkContract):
    async def test_one_bad_row_does_not_lose_its_neighbours(self, subject: Subject) -> None:
        assert subject.refuse is not None
        await subject.refuse("refused")
        values = [heartbeat(session_id=name) for name in ("a", "b", "refused", "c")]
        observer = RecordingObserver()
        writer = writer_to(subject.sink, observer)
        await begun(writer, TP)

        await writer.accept(batch_of(values))
        await flushed(writer)
        assert observer.told[-1] == "read again"
        await writer.accept(batch_of(values, start=writer.begin(TP, PartitionIdentity(0))))
        await flushed(writer)

        stored = await subject.look()
        assert stored.rows == [(0, 0, "a"), (0, 1, "b"), (0, 3, "c")]
        assert [(letter.offset, letter.reason) for letter in stored.dead_letters] == [
            (2, "rejected_by_sink")
        ]


class TestMemory(_WithWriter):
    @pytest.fixture
    async def subject(self) -> Subject:
        return memory()


class TestPostgres(_WithWriter):
    @pytest.fixture
    async def subject(self, database: str) -> AsyncIterator[Subject]:
        subject = postgres(database, PostgresSink(database, CONTENT_SESSIONS))
        yield subject
        await subject.sink.close()


class TestClickhouse(SinkContract):
    @pytest.fixture
    async def subject(self, clickhouse: Clickhouse) -> AsyncIterator[Subject]:
        database = f"t{uuid4().hex}"
        options = ClickhouseOptions(url=clickhouse.url, database=database)
        sink = ClickhouseSink(options, CONTENT_SESSIONS)
        yield clickhouse_subject(clickhouse, database, sink)
        await sink.close()
        clickhouse.query(f"DROP DATABASE IF EXISTS {database}")
