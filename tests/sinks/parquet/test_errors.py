"""What stands in the way is told in words that say what to do, without a secret, and in time."""

import os
import resource
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sinks.base import Fenced, SinkUnavailable
from sinks.parquet.s3 import OverwritesError
from tests.sinks.parquet.gateway import SECRET, Gateway
from tests.sinks.parquet.sinks import BEGIN, P0, batch, offsets, sink_in
from tests.small_disk import fill, small_disk

_SOON_SECONDS = 15.0
_WRONG = "wrong-secret-nobody-may-read"


class Answering:
    """An S3 that answers each request with the same; `asked` counts them."""

    def __init__(self, status: str, body: str) -> None:
        self._answer = (
            f"HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nConnection: close\r\n"
            f'ETag: "1"\r\n'
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()
        self.asked = 0
        self.port = 0

    def serve(self, server: socket.socket) -> None:
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            with client:
                self.asked += 1
                client.recv(1_000_000)
                client.sendall(self._answer)


@contextmanager
def answering(status: str, body: str = "") -> Iterator[Answering]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        s3 = Answering(status, body)
        s3.port = server.getsockname()[1]
        threading.Thread(target=s3.serve, args=(server,), daemon=True).start()
        yield s3


def _code(code: str) -> str:
    return f"<Error><Code>{code}</Code><Message>{SECRET}</Message></Error>"


async def _refused(place: dict[str, Any]) -> str:
    begun = time.monotonic()
    with pytest.raises(SinkUnavailable) as refused:
        await sink_in(place).positions([P0])
    words = str(refused.value)
    assert time.monotonic() - begun < _SOON_SECONDS
    assert SECRET not in words
    assert _WRONG not in words
    assert len(words) < 400
    assert "sink archive" in words
    return words


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"access_key_id": "nobody"}, id="key"),
        pytest.param({"secret_access_key": _WRONG}, id="secret"),
    ],
)
async def test_wrong_keys(gateway: Gateway, wrong: dict[str, str]) -> None:
    place = gateway.options(gateway.bucket()) | wrong

    assert "access_key_id and secret_access_key" in await _refused(place)


async def test_a_bucket_that_is_not_there(gateway: Gateway) -> None:
    words = await _refused(gateway.options("nobody-made-this"))

    assert "create it, or correct `path`" in words
    assert "404 NoSuchBucket" in words


async def test_a_bucket_that_goes_away(gateway: Gateway) -> None:
    bucket = gateway.bucket()
    sink = sink_in(gateway.options(bucket))
    expected = await sink.positions([P0])
    shutil.rmtree(gateway.buckets / bucket)

    with pytest.raises(SinkUnavailable, match="create it"):
        await sink.write(batch(sink, 1), expected)


async def test_nobody_listens(gateway: Gateway) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]

    assert "cannot be reached" in await _refused(gateway.options("bucket", port))


async def test_it_never_answers(gateway: Gateway) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = gateway.options("bucket", silent.getsockname()[1]) | {"timeout_seconds": 1}

        assert "no answer in time" in await _refused(place)


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        ("500 Internal Server Error", "InternalError", "it is tried again (500 InternalError)"),
        ("503 Service Unavailable", "SlowDown", "it is tried again (503 SlowDown)"),
        ("403 Forbidden", "AccessDenied", "s3:PutObject"),
        ("403 Forbidden", "RequestTimeTooSkewed", "clock"),
        ("301 Moved Permanently", "PermanentRedirect", "region"),
        ("400 Bad Request", "ExpiredToken", "does not know these keys"),
        ("507 Insufficient Storage", "XMinioStorageFull", "make room"),
        ("501 Not Implemented", "NotImplemented", "conditional writes"),
    ],
)
async def test_what_s3_says(gateway: Gateway, status: str, code: str, words: str) -> None:
    with answering(status, _code(code)) as s3:
        assert words in await _refused(gateway.options("bucket", s3.port))

    assert s3.asked <= 3


async def test_a_store_that_overwrites_is_refused(gateway: Gateway) -> None:
    with answering("200 OK") as s3:
        sink = sink_in(gateway.options("bucket", s3.port))

        with pytest.raises(OverwritesError, match="conditional writes"):
            await sink.positions([P0])


async def test_s3_that_died_in_the_middle_comes_back(own_gateway: Gateway) -> None:
    place = own_gateway.options(own_gateway.bucket())
    sink = sink_in(place)
    expected = await sink.positions([P0])
    own_gateway.kill()
    one = batch(sink, 3)
    with pytest.raises(SinkUnavailable):
        await sink.write(one, expected)

    own_gateway.start()
    await sink.write(one, await sink.positions([P0]))

    assert len(offsets(place)) == 3


async def test_a_full_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        place = {"path": str(disk / "parquet")}
        sink = sink_in(place)
        expected = await sink.positions([P0])
        filling = fill(disk)
        one = batch(sink, 500)
        with pytest.raises(SinkUnavailable, match="the disk is full: make room"):
            await sink.write(one, expected)
        assert await sink.positions([P0]) == {P0: BEGIN}

        filling.unlink()
        await sink.write(one, expected)

        assert len(offsets(place)) == 500


async def test_a_file_that_may_not_be_so_large(tmp_path: Path) -> None:
    place = {"path": str(tmp_path / "parquet")}
    sink = sink_in(place)
    expected = await sink.positions([P0])
    one = batch(sink, 1_000)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_024, hard))
    try:
        with pytest.raises(SinkUnavailable, match="ulimit -f"):
            await sink.write(one, expected)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    await sink.write(one, await sink.positions([P0]))

    assert len(offsets(place)) == 1_000


async def test_a_path_that_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    assert "no folder" in await _refused({"path": str(tmp_path / "file" / "parquet")})


async def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)

    with no_longer_root():
        words = await _refused({"path": str(tmp_path / "closed" / "parquet")})

    assert "permission denied: let this user read and write there" in words


async def test_a_folder_that_became_another_one_takes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "parquet"
    place = {"path": str(folder)}
    sink = sink_in(place)
    await sink.write(batch(sink, 1), await sink.positions([P0]))
    expected = await sink.positions([P0])
    folder.rename(tmp_path / "elsewhere")
    folder.mkdir()  # as a mount point is empty when its disk is not there

    with pytest.raises(SinkUnavailable, match="the folder is gone"):
        await sink.write(batch(sink, 1, start=1), expected)


async def test_an_object_without_its_metadata_is_told_of(gateway: Gateway) -> None:
    bucket = gateway.bucket()
    sink = sink_in(gateway.options(bucket))
    await sink.write(batch(sink, 1), await sink.positions([P0]))
    [stored] = (gateway.buckets / bucket).rglob("*.parquet")
    body = stored.read_bytes()
    stored.unlink()
    stored.write_bytes(body)  # a copy, as a tool makes it that knows of files only

    with pytest.raises(SinkUnavailable, match="without its metadata"):
        await sink_in(gateway.options(bucket)).positions([P0])


async def test_a_fenced_writer_says_who_stands_there(tmp_path: Path) -> None:
    place = {"path": str(tmp_path / "parquet")}
    one, other = sink_in(place), sink_in(place)
    expected = await one.positions([P0])
    await other.positions([P0])
    await one.write(batch(one, 1), expected)

    with pytest.raises(Fenced, match="another writer"):
        await other.write(batch(other, 1), expected)


@contextmanager
def no_longer_root() -> Iterator[None]:
    user = os.geteuid()
    if user == 0:
        os.seteuid(65_534)  # root may write everywhere
    try:
        yield
    finally:
        os.seteuid(user)
