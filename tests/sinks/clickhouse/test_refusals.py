"""What the server refuses, and how that is told: what to do, and no secret."""

import asyncio
import ssl
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from sinks.base import SinkUnavailable
from sinks.clickhouse.errors import verdict
from tests.sinks.clickhouse.beside import P0, Place, batch
from tests.sinks.clickhouse.relay import relay_to

_SECRET = "wrong and secret"


async def told(call: Callable[[], Awaitable[object]]) -> str:
    with pytest.raises(SinkUnavailable) as refused:
        await call()
    words = str(refused.value)
    assert _SECRET not in words
    assert _SECRET not in repr(refused.value.__cause__)
    return words


async def test_a_wrong_password_is_told_without_it(place: Place) -> None:
    sink = place.sink(user="worker", password=_SECRET)

    words = await told(lambda: sink.positions([P0]))

    assert "set user and password of this sink" in words
    await sink.close()


async def test_a_password_is_used(place: Place) -> None:
    sink = place.sink(user="worker", password="a password")

    await sink.write(batch(sink, (P0, 0, 9)), await sink.positions([P0]))

    assert place.offsets() == list(range(10))
    await sink.close()


async def test_a_user_that_may_only_read_is_told(place: Place) -> None:
    sink = place.sink(user="headrace_reader", password="reads")

    words = await told(lambda: sink.positions([P0]))

    assert "may only read: give the worker another user" in words
    await sink.close()


async def test_the_reader_reads_views_and_writes_nothing(place: Place) -> None:
    sink, reader = place.sink(), place.sink(user="headrace_reader", password="reads")
    await sink.write(batch(sink, (P0, 0, 9)), await sink.positions([P0]))
    server = reader._server  # noqa: SLF001 - asks as the reader does

    counted = await server.query(f"SELECT count() FROM {place.database}.content_sessions")
    words = await told(lambda: server.query(f"DROP TABLE {place.database}.content_sessions"))

    assert counted == "10\n"
    assert "READONLY" in words
    await sink.close()
    await reader.close()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("DROP TABLE DB.content_sessions_records SYNC", "headrace migrate --sink NAME"),
        ("ALTER TABLE DB.content_sessions_records DROP COLUMN session_id", "headrace migrate"),
        ("DROP TABLE DB.headrace_positions SYNC", "headrace migrate --sink NAME"),
        ("DROP DATABASE DB. SYNC", "headrace migrate --sink NAME"),
    ],
)
async def test_a_table_that_is_changed_underneath_is_waited_for(
    place: Place, change: str, says: str
) -> None:
    sink = place.sink()
    expected = await sink.positions([P0])
    place.query(change.replace("DB. ", f"{place.database} "))

    words = await told(lambda: sink.write(batch(sink, (P0, 0, 9)), expected))

    assert says in words
    await sink.close()


@pytest.mark.parametrize(
    ("status", "says"), [(b"503 Service Unavailable", "503"), (b"500 Oops", "500")]
)
async def test_a_proxy_that_answers_for_the_server_is_waited_for(
    place: Place, status: bytes, says: str
) -> None:
    async with relay_to(place.server.port) as relay:
        sink = place.sink(url=f"http://127.0.0.1:{relay.port}", password=_SECRET, user="worker")
        relay.answers = b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n"

        words = await told(lambda: sink.positions([P0]))

        assert says in words
        assert relay.asked == 1  # who waits between tries is the writer
        await sink.close()


async def test_a_server_that_does_not_answer_is_given_up_in_time(place: Place) -> None:
    async with relay_to(place.server.port) as relay:
        sink = place.sink(url=f"http://127.0.0.1:{relay.port}", command_seconds=0.3)
        relay.is_silent = True

        async with asyncio.timeout(5):
            words = await told(lambda: sink.positions([P0]))

        assert "does not answer in time" in words
        await sink.close()


async def test_an_authority_that_cannot_be_read_is_told(place: Place) -> None:
    sink = place.sink(url="https://127.0.0.1:9", ca_file="/no/such.pem")

    assert "ca_file /no/such.pem cannot be read" in await told(lambda: sink.positions([P0]))

    await sink.close()


@pytest.mark.parametrize(
    ("code", "text", "says"),
    [
        (243, "Cannot reserve 1.00 MiB, not enough space", "its disk is full: make room"),
        (252, "Too many parts (3000)", "raise the flush interval"),
        (242, "Table is in readonly mode", "read-only"),
        (497, "Not enough privileges", "the user needs SELECT, INSERT"),
    ],
)
def test_what_cannot_be_brought_about_here_has_words_too(code: int, text: str, says: str) -> None:
    told = verdict("ClickHouse at h:1", code, text)

    assert isinstance(told, SinkUnavailable)
    assert says in str(told)
    assert str(told).startswith("ClickHouse at h:1: ")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Make a certificate of 127.0.0.1 that nobody but itself has signed, with its key."""
    file = tmp_path / "both.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "certificate.pem")),
        ],
        check=True,
        capture_output=True,
    )
    parts = (tmp_path / "key.pem", tmp_path / "certificate.pem")
    file.write_text("".join(part.read_text() for part in parts))
    return file


async def test_tls_is_spoken_with_whom_the_ca_file_trusts(place: Place, certificate: Path) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    async with relay_to(place.server.port, tls) as relay:
        said: dict[str, Any] = {
            "url": f"https://127.0.0.1:{relay.port}",
            "user": "worker",
            "password": "a password",
        }
        trusting, other = place.sink(**said, ca_file=str(certificate)), place.sink(**said)

        await trusting.write(batch(trusting, (P0, 0, 9)), await trusting.positions([P0]))
        words = await told(lambda: other.positions([P0]))

        assert place.offsets() == list(range(10))
        assert "its certificate is not trusted (ca_file)" in words
        await trusting.close()
        await other.close()
