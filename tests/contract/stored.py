"""Looking into sinks: what each really holds, in the same words."""

import asyncpg

from headrace.testing import Stored, Subject
from models.dead_letters import DeadLetter
from sinks.base import Sink
from sinks.memory import MemorySink

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

    return Subject(sink, look, refuse)


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

    return Subject(sink, look, refuse)
