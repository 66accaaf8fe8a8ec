"""What stands in the way is told in words that say what to do, without a secret, and in time."""

import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, Field, Schema

from sinks.base import SinkUnavailable
from sinks.delta.putting import OccupiedError
from sinks.parquet.s3 import OverwritesError
from tests.sinks.delta.sinks import files_in, offsets, sink_in, table
from tests.sinks.parquet.gateway import SECRET, Gateway
from tests.sinks.parquet.sinks import BEGIN, P0, batch
from tests.sinks.parquet.test_errors import answering, no_longer_root

_SOON_SECONDS = 15.0
_WRONG = "wrong-secret-nobody-may-read"


@pytest.fixture
def local(tmp_path: Path) -> dict[str, Any]:
    return {"path": str(tmp_path / "lake")}


async def _refused(place: dict[str, Any]) -> str:
    begun = time.monotonic()
    with pytest.raises(SinkUnavailable) as refused:
        await sink_in(place).positions([P0])
    return _judged(str(refused.value), begun)


async def _refused_later(place: dict[str, Any], sink: Any, expected: Any, start: int = 0) -> str:
    """Give what a write says, of a sink whose table was there before."""
    begun = time.monotonic()
    with pytest.raises(SinkUnavailable) as refused:
        await sink.write(batch(sink, 2, start=start), expected)
    assert place["path"] in str(refused.value)
    return _judged(str(refused.value), begun)


def _judged(words: str, begun: float) -> str:
    assert time.monotonic() - begun < _SOON_SECONDS
    assert SECRET not in words
    assert _WRONG not in words
    assert len(words) < 500
    assert "\n" not in words
    assert "sink lake" in words
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


@pytest.mark.parametrize("wrong", ["aws_access_key_id", "aws_secret_access_key"])
async def test_keys_that_s3_forgets_while_tables_are_open(
    gateway: Gateway, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What deltalake itself hears of S3."""
    place = gateway.options(gateway.bucket())
    await sink_in(place).positions([P0])
    sink = sink_in(place)
    real = sink._table_of  # noqa: SLF001 - what deltalake is told, and nothing before it

    def other(topic: str) -> Any:
        made = real(topic)
        monkeypatch.setitem(made._storage, wrong, _WRONG)  # noqa: SLF001
        return made

    sink._table_of = other  # noqa: SLF001
    begun = time.monotonic()
    with pytest.raises(SinkUnavailable) as refused:
        await sink.positions([P0])

    assert "access_key_id and secret_access_key" in _judged(str(refused.value), begun)


async def test_a_bucket_that_is_not_there(gateway: Gateway) -> None:
    words = await _refused(gateway.options("nobody-made-this"))

    assert "create it, or correct `path`" in words


async def test_a_bucket_that_goes_away(gateway: Gateway) -> None:
    bucket = gateway.bucket()
    place = gateway.options(bucket)
    sink = sink_in(place)
    expected = await sink.positions([P0])
    shutil.rmtree(gateway.buckets / bucket)

    assert "create it" in await _refused_later(place, sink, expected)


async def test_a_table_that_goes_away_takes_nothing(place: dict[str, Any], folder: Path) -> None:
    """Neither does one that somebody makes anew in its place."""
    sink = sink_in(place)
    expected = await sink.positions([P0])
    await sink.write(batch(sink, 2), expected)
    expected = await sink.positions([P0])
    shutil.move(folder, folder.with_name("elsewhere"))

    words = await _refused_later(place, sink, expected, start=2)
    other = sink_in(place)
    at = await other.positions([P0])
    for start in range(0, 6, 2):
        await other.write(batch(other, 2, start=start), at)
        at = await other.positions([P0])
    of_another = await _refused_later(place, sink, expected, start=2)

    assert "the table is gone: bring it back, or start the worker again" in words
    assert "another table stands there now" in of_another
    assert offsets(place) == [(0, offset) for offset in range(6)]


@pytest.fixture
def folder(place: dict[str, Any], request: pytest.FixtureRequest) -> Path:
    """Say where the table is on disk, in S3 too."""
    path = Path(place["path"])
    if "endpoint" in place:
        gateway: Gateway = request.getfixturevalue("gateway")
        path = gateway.buckets / place["path"].removeprefix("s3://")
    return path / "content_sessions"


async def test_nobody_listens(gateway: Gateway) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]

    assert "cannot be reached" in await _refused(gateway.options("bucket", port))


async def test_s3_that_died_in_the_middle_comes_back(own_gateway: Gateway) -> None:
    place = own_gateway.options(own_gateway.bucket()) | {"timeout_seconds": 2}
    sink = sink_in(place)
    expected = await sink.positions([P0])
    own_gateway.kill()
    assert "cannot be reached" in await _refused_later(place, sink, expected)

    own_gateway.start()
    await sink.write(batch(sink, 3), await sink.positions([P0]))

    assert len(offsets(place)) == 3


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("503 Service Unavailable", "it is tried again (503 SlowDown)"),
        ("403 Forbidden", "s3:PutObject"),
    ],
)
async def test_what_s3_says(gateway: Gateway, status: str, words: str) -> None:
    code = "SlowDown" if status.startswith("503") else "AccessDenied"
    body = f"<Error><Code>{code}</Code><Message>{SECRET}</Message></Error>"
    with answering(status, body) as s3:
        assert words in await _refused(gateway.options("bucket", s3.port))


async def test_a_store_that_overwrites_is_refused(gateway: Gateway) -> None:
    with answering("200 OK") as s3:
        sink = sink_in(gateway.options("bucket", s3.port))

        with pytest.raises(OverwritesError, match="conditional writes"):
            await sink.positions([P0])


async def test_no_table_is_made_among_other_files(place: dict[str, Any], folder: Path) -> None:
    """A VACUUM would delete them: those of a sink of the kind `parquet`, say."""
    others = folder / "epoch=1"
    others.mkdir(parents=True)
    (others / "rows.parquet").write_bytes(b"rows")

    with pytest.raises(OccupiedError, match="give the sink a path of its own"):
        await sink_in(place).positions([P0])


async def test_a_path_that_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    assert "no folder" in await _refused({"path": str(tmp_path / "file" / "lake")})


@pytest.fixture
def everybodys() -> Iterator[Path]:
    """Give a folder that all users reach; pytest's own are the user's alone."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


def _close_log(folder: Path) -> None:
    for below in folder.rglob("*"):
        below.chmod(0o777)
    (folder / "content_sessions" / "_delta_log").chmod(0o555)


async def test_a_log_that_may_not_be_written(everybodys: Path) -> None:
    place = {"path": str(everybodys)}
    sink = sink_in(place)
    expected = await sink.positions([P0])
    _close_log(everybodys)

    with no_longer_root():
        words = await _refused_later(place, sink, expected)

    assert files_in(place)  # its file was put, and no commit names it
    assert "permission denied: let this user read and write there" in words
    await sink.write(batch(sink, 2), expected)
    assert len(offsets(place)) == 2


async def test_a_folder_that_became_another_one_takes_nothing(
    local: dict[str, Any], tmp_path: Path
) -> None:
    sink = sink_in(local)
    expected = await sink.positions([P0])
    (tmp_path / "lake").rename(tmp_path / "elsewhere")
    (tmp_path / "lake").mkdir()  # as a mount point is empty when its disk is not there

    assert "gone" in await _refused_later(local, sink, expected)
    assert not list((tmp_path / "lake").rglob("*.parquet"))


def _made(place: dict[str, Any], *changed: pa.Field, partition_by: tuple[str, ...]) -> None:
    DeltaTable.create(
        f"{place['path']}/content_sessions", pa.schema(changed), partition_by=list(partition_by)
    )


async def test_a_column_of_another_type(local: dict[str, Any]) -> None:
    _made(
        local, pa.field("asn", pa.string()), pa.field("date", pa.date32()), partition_by=("date",)
    )

    words = await _refused(local)

    assert "column asn is string, not long" in words
    assert "ALTER it back, or give this sink another path" in words


async def test_other_partitions(local: dict[str, Any]) -> None:
    _made(local, pa.field("asn", pa.int64()), pa.field("date", pa.date32()), partition_by=("asn",))

    assert "partitioned by ['asn'], not by date" in await _refused(local)


async def test_a_column_that_must_not_be_null(local: dict[str, Any]) -> None:
    _made(
        local,
        pa.field("mine", pa.int32(), nullable=False),
        pa.field("date", pa.date32()),
        partition_by=("date",),
    )

    assert "column mine may not be null" in await _refused(local)


async def test_what_others_do_to_a_table_while_it_is_written(local: dict[str, Any]) -> None:
    """A column more is none of ours; a constraint is one that nobody would check."""
    sink = sink_in(local)
    expected = await sink.positions([P0])
    mine = Field("mine", "integer")  # type: ignore[arg-type] # deltalake takes names of types
    table(local).alter.add_columns([mine])
    await sink.write(batch(sink, 2), expected)
    expected = await sink.positions([P0])
    table(local).alter.add_constraint({"small": "kafka_offset < 100"})

    words = await _refused_later(local, sink, expected, start=2)

    assert "CHECK constraints, which this sink does not check: drop them" in words
    table(local).alter.drop_constraint("small")
    await sink.write(batch(sink, 2, start=2), expected)
    assert offsets(local) == [(0, offset) for offset in range(4)]


async def test_positions_that_would_expire(local: dict[str, Any]) -> None:
    await sink_in(local).positions([P0])
    expire = {"delta.setTransactionRetentionDuration": "interval 1 days"}
    table(local).alter.set_table_properties(expire)

    assert "would let positions expire: unset it" in await _refused(local)


async def test_a_table_of_no_rows_is_made_with_all_columns(place: dict[str, Any]) -> None:
    assert await sink_in(place).positions([P0]) == {P0: BEGIN}

    assert isinstance(table(place).schema(), Schema)
    assert table(place).metadata().partition_columns == ["date"]
