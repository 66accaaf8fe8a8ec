"""Looking into sinks: what each really holds, in the same words."""

from base64 import b64decode
from typing import Any

import asyncpg
import msgspec

from devstack.engines.clickhouse import Clickhouse
from headrace.testing import Stored, Subject
from models.content_sessions import CONTENT_SESSIONS
from models.dead_letters import DeadLetter
from models.positions import Positions, TopicPartition
from sinks.base import Sink
from sinks.clickhouse.kind import KIND
from sinks.kinds import SinkKind
from sinks.memory import MemorySink
from sinks.postgres import epochs

LETTERS = """
SELECT topic, partition, "offset", (extract(epoch FROM time) * 1000)::int8, reason, detail, payload,
       coalesce(context, '')
FROM event_dead_letters ORDER BY partition, "offset"
"""


def memory() -> Subject:
    sink = MemorySink()

    async def look() -> Stored:
        rows = [(int(str(row[0])), int(str(row[1])), str(row[3])) for row in sink.rows]
        return Stored(sorted(rows), sink.dead_letters)

    async def refuse(session_id: str) -> None:
        sink.refuses = lambda row: session_id in row

    async def begin_epoch(begun: Positions) -> int:
        return await sink.begin_epoch("content_sessions", begun)

    return Subject(sink, look, refuse, begin_epoch)


def postgres(dsn: str, sink: Sink) -> Subject:
    async def look() -> Stored:
        connection = await asyncpg.connect(dsn)
        try:
            rows = await connection.fetch(
                "SELECT kafka_partition, kafka_offset, session_id"
                " FROM content_sessions ORDER BY 1, 2"
            )
            letters = await connection.fetch(LETTERS)
        finally:
            await connection.close()
        return Stored([tuple(row) for row in rows], [DeadLetter(*letter) for letter in letters])

    async def refuse(session_id: str) -> None:
        connection = await asyncpg.connect(dsn)
        try:
            await connection.execute(
                "ALTER TABLE content_sessions ADD CONSTRAINT nobody_expects"
                f" CHECK (session_id <> '{session_id}')"
            )
        finally:
            await connection.close()

    async def begin_epoch(begun: Positions) -> int:
        return await epochs.begin_epoch(dsn, "content_sessions", begun)

    return Subject(sink, look, refuse, begin_epoch)


def clickhouse(server: Clickhouse, database: str, sink: Sink) -> Subject:
    records = f"{database}.content_sessions_records"

    async def look() -> Stored:
        rows = server.query(
            f"SELECT kafka_partition, kafka_offset, session_id FROM {database}.content_sessions"
            " ORDER BY 1, 2 FORMAT JSONCompactEachRow"
            " SETTINGS output_format_json_quote_64bit_integers = 0"
        )
        letters = server.query(
            "SELECT kafka_topic, kafka_partition, kafka_offset,"
            " toUnixTimestamp64Milli(kafka_timestamp), refused, refused_detail,"
            " base64Encode(refused_payload)"  # JSON has no bytes
            f" FROM {database}.content_sessions_dead_letters ORDER BY 2, 3"
            " FORMAT JSONCompactEachRow SETTINGS output_format_json_quote_64bit_integers = 0"
        )
        return Stored(
            [msgspec.json.decode(line, type=tuple[int, int, str]) for line in rows.splitlines()],
            [_letter(line) for line in letters.splitlines()],
        )

    async def refuse(session_id: str) -> None:
        await sink.positions([TopicPartition("content_sessions", 0)])  # makes its tables
        server.query(
            f"ALTER TABLE {records} ADD CONSTRAINT nobody_expects"
            f" CHECK session_id != '{session_id}'"
        )

    async def begin_epoch(begun: Positions) -> int:
        return await begin_epoch_of(KIND, {"url": server.url, "database": database}, begun)

    async def count() -> int:
        return await count_of(KIND, {"url": server.url, "database": database})

    return Subject(sink, look, refuse, begin_epoch, count)


async def begin_epoch_of(kind: SinkKind, options: dict[str, Any], begun: Positions) -> int:
    """Begin the next epoch of content_sessions through the door that `headrace epoch new` takes."""
    assert kind.begin_epoch is not None
    checked = kind.options.model_validate(options)
    return await kind.begin_epoch(checked, CONTENT_SESSIONS, "content_sessions", begun)


async def count_of(kind: SinkKind, options: dict[str, Any]) -> int:
    """Count the rows of content_sessions as `headrace replay --into` does."""
    assert kind.count is not None
    checked = kind.options.model_validate(options)
    return await kind.count(checked, CONTENT_SESSIONS, "content_sessions")


def _letter(line: str) -> DeadLetter:
    topic, number, offset, timestamp, reason, detail, payload = msgspec.json.decode(line)
    sent = None if payload is None else b64decode(payload)
    return DeadLetter(topic, number, offset, timestamp, reason, detail, sent)
