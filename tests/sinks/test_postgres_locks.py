"""A worker that freezes anywhere in its transaction must leave a session that PostgreSQL ends.

PostgreSQL ends what is idle in a transaction. After a Parse message without a Sync it counts a
session as active, however long nothing comes: none may be sent once rows are locked.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from models.batches import Batch
from models.content_sessions import CONTENT_SESSIONS
from models.decode import Decoder
from models.validation import Limits
from sinks.postgres.sink import PostgresSink
from tests.models.records import TP, batch_of, heartbeat

PARSE, BEGIN = b"P", b"QBEGIN\0"


async def test_nothing_is_prepared_in_a_transaction(database: str) -> None:
    decoded = Decoder(CONTENT_SESSIONS, Limits()).decode(batch_of([heartbeat(), b"no heartbeat"]))
    batch = Batch(CONTENT_SESSIONS)
    async with recording_proxy(database) as (dsn, sent):
        sink = PostgresSink(dsn, CONTENT_SESSIONS)
        batch.add(decoded, sink.encode(decoded, epoch=1))
        positions = await sink.positions([TP])

        await sink.write(batch, positions)
        await sink.close()

    begin = sent.index(BEGIN)
    assert any(message.startswith(PARSE) for message in sent[:begin])
    assert not any(message.startswith(PARSE) for message in sent[begin:])


@asynccontextmanager
async def recording_proxy(dsn: str) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Stand between a client and the server; note the client's messages as type and content."""
    sent: list[bytes] = []
    address, _, name = dsn.rpartition("/")
    user, _, place = address.rpartition("@")
    host, _, port = place.rpartition(":")

    async def serve(client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        server, forth = await asyncio.open_connection(host, int(port))
        await asyncio.gather(_record(client, forth, sent), _pass_on(server, back))

    async with await asyncio.start_server(serve, "127.0.0.1") as proxy:
        own_port = proxy.sockets[0].getsockname()[1]
        yield f"{user}@127.0.0.1:{own_port}/{name}?sslmode=disable", sent


async def _record(
    client: asyncio.StreamReader, forth: asyncio.StreamWriter, sent: list[bytes]
) -> None:
    startup = True
    while head := await client.read(4 if startup else 1):
        length = head if startup else await client.readexactly(4)
        content = await client.readexactly(int.from_bytes(length) - 4)
        if not startup:
            sent.append(head + content)
        forth.write(head + content if startup else head + length + content)
        startup = False
    forth.close()


async def _pass_on(server: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
    while content := await server.read(65_536):
        back.write(content)
    back.close()
