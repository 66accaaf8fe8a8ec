"""`headrace replay --into SINK`: real engines, kills, and a role that goes on."""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from devstack.engines import Kafka, Postgres
from models.positions import Position, TopicPartition
from sinks.file.sink import FileSink
from sinks.parquet.kind import KIND as PARQUET
from sinks.postgres.epochs import begin_epoch
from sinks.postgres.sink import PostgresSink
from tests.databases import temporary_database
from tests.integration.events import heartbeat
from tests.integration.headrace import Headrace
from tests.integration.replayed import MEDIA, MIDDLE, Archive, contents, query, write
from tests.integration.replayed_sinks import Place, configured, in_clickhouse, in_lines, in_parquet
from tests.models.records import batch_of
from tests.sinks.parquet.gateway import Gateway
from tests.sinks.random_events import event

pytestmark = pytest.mark.timeout(300)  # each runs several commands, one after the other


@pytest.fixture
def archive(kafka: Kafka, database: str, topic_prefix: str, tmp_path: Path) -> Archive:
    return Archive(kafka.address, topic_prefix, database, tmp_path)


@pytest.fixture(params=["file", "parquet", "clickhouse"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    folder = tmp_path / "target"
    if request.param == "clickhouse":
        server, name = request.getfixturevalue("clickhouse"), f"t{uuid4().hex}"
        yield in_clickhouse(server, name)
        server.query(f"DROP DATABASE IF EXISTS {name}")
    elif request.param == "parquet":
        yield {"kind": "parquet", "path": str(folder)}, lambda: in_parquet(folder)
    else:
        yield {"kind": "file", "path": str(folder)}, lambda: in_lines(folder)


async def run(archive: Archive, *options: str, **settings: str) -> Any:
    return await asyncio.to_thread(lambda: archive.replay(*options, **settings))


def number(of: str, told: str) -> int:
    line = next(line for line in told.splitlines() if line.startswith(of))
    return int(line.split()[1].replace(",", ""))


async def test_a_sink_of_any_kind_is_filled_once_over_a_kill(
    archive: Archive, target: Place
) -> None:
    entry, places = target
    await archive.store(2, 1_200)
    settings = configured(archive.folder, target=entry)
    into = ("--source", "parquet", "--into", "target", "--upcast", "2.0")

    # the sink has stored something, of which nobody knows yet
    killed = await run(archive, *into, **settings, HEADRACE_FAULT="before_live_tables:kill:1")
    done = await run(archive, *into, **settings)
    again = await run(archive, *into, **settings)

    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert done.returncode == 0, done.stderr
    # 2.0 requires a session, which an event of 1.0 does not name
    [(refused,)] = await query(
        archive.database, "SELECT count(*) FROM media_events WHERE schema_version = '1.0'"
    )
    told = [number(one, done.stdout) for one in ("read", "sent", "refused", "stored")]
    assert told == [2_400, 2_400, refused, 2_400 - refused]
    assert "the role target goes on behind it" in done.stdout
    expected = await query(
        archive.database,
        "SELECT epoch, kafka_partition, kafka_offset::int4 FROM media_events "
        "WHERE schema_version <> '1.0' ORDER BY 1, 2, 3",
    )
    assert places() == expected
    assert again.returncode != 0
    assert "it holds" in again.stderr
    assert places() == expected


async def test_several_lives_of_a_topic_come_from_s3_and_stay_apart(
    archive: Archive, gateway: Gateway, postgres: Postgres, tmp_path: Path
) -> None:
    bucket = {"kind": "parquet", **gateway.options(gateway.bucket())}
    before = await two_lives(archive, bucket)
    lines = {"kind": "file", "path": str(tmp_path / "target")}
    others = {"kind": "file", "path": str(tmp_path / "other")}
    settings = configured(archive.folder, bucket=bucket, target=lines, other=others)
    archive.reads_folder = False

    rows = await contents(archive.database)
    source = ("--source", "parquet:bucket")

    done = await run(archive, *source, "--into", "target", **settings)
    other = await run(archive, "--source", "postgres", "--into", "other", **settings)
    same = await run(archive, *source, "--into", "same", **settings)
    with temporary_database(postgres, "second") as name:
        second = await run(archive, *source, "--into", postgres.dsn(name), **settings)
        second_rows = await contents(postgres.dsn(name))

    assert (done.returncode, other.returncode) == (0, 0), done.stderr + other.stderr
    for folder in (tmp_path / "target", tmp_path / "other"):
        assert in_lines(folder) == before
        # a worker goes on where the last life begins, which has no rows yet
        begins = {
            tp: Position(3, -1, None, at.next_offset) for tp, at in last_life(archive).items()
        }
        assert await FileSink(folder, MEDIA, 10**9, 3_600).positions(begins) == begins
    assert f"{len(before)} in another one's place, 0 added" in same.stdout, same.stderr
    assert await contents(archive.database) == rows
    assert second.returncode == 0, second.stderr
    assert second_rows == rows


async def two_lives(archive: Archive, bucket: dict[str, Any]) -> list[tuple[int, int, int]]:
    """Store three partitions twice, as of a topic that was made anew in between.

    A third life has begun where the second ends, and nothing of it is stored yet.
    """
    options = PARQUET.options.model_validate({k: v for k, v in bucket.items() if k != "kind"})
    topic = f"{archive.prefix}media_events"
    sinks = [PARQUET.open(options, MEDIA, "bucket"), PostgresSink(archive.database, MEDIA)]
    before, random = [], Random(3)
    for epoch, counts in ((1, (300, 200, 0)), (2, (100, 0, 50))):
        for partition, count in enumerate(counts):
            if count:
                values = [event(MEDIA, random, MIDDLE) for _ in range(count)]
                tp = TopicPartition(topic, partition)
                for sink in sinks:
                    await write(sink, MEDIA, batch_of(values, tp=tp, timestamp=-1))
                before += [(epoch, partition, offset) for offset in range(count)]
        assert PARQUET.begin_epoch is not None
        begun = {TopicPartition(topic, one): Position(2, -1, None) for one in range(3)}
        begun = begun if epoch == 1 else last_life(archive)
        await PARQUET.begin_epoch(options, MEDIA, topic, begun)
        await begin_epoch(archive.database, topic, begun)
    for sink in sinks:
        await sink.close()
    return before


def last_life(archive: Archive) -> dict[TopicPartition, Position]:
    """Say where the last life of the topic in `two_lives` begins, as after a truncation."""
    topic = f"{archive.prefix}media_events"
    return {
        TopicPartition(topic, number): Position(3, next_offset - 1, None, next_offset)
        for number, next_offset in enumerate((100, 200, 0))
    }


async def test_one_that_was_killed_when_it_was_done_says_so(
    archive: Archive, tmp_path: Path
) -> None:
    await archive.store(1, 100)
    settings = configured(archive.folder, target={"kind": "file", "path": str(tmp_path / "target")})
    into = ("--source", "parquet", "--into", "target")
    begun = await run(archive, *into, **settings, HEADRACE_FAULT="before_live_tables:kill:1")
    await query(
        archive.database,
        "CREATE VIEW in_the_way AS SELECT * FROM headrace_replay.media_events_refused",
    )
    ended = await run(archive, *into, **settings)  # in the very last step
    await query(archive.database, "DROP VIEW in_the_way")

    again = await run(archive, *into, **settings)
    over = await run(archive, *into, **settings)

    assert begun.returncode == -signal.SIGKILL, begun.stderr
    assert ended.returncode != 0
    assert "in_the_way" in ended.stderr
    assert again.returncode == 0, again.stderr
    assert [number(one, again.stdout) for one in ("read", "sent", "stored")] == [100] * 3
    assert len(in_lines(tmp_path / "target")) == 100
    assert "it holds" in over.stderr


def test_the_role_goes_on_behind_what_was_replayed(headrace: Headrace) -> None:
    sent = [f"s{number}" for number in range(300)]
    core = headrace.worker()
    core.start()
    headrace.topic.produce([heartbeat(session_id=one) for one in sent])
    headrace.wait_for_records(core, len(sent))
    folder = headrace.folder / "lines"
    entry = {"kind": "file", "path": str(folder), "flush_seconds": 0.1}
    headrace.more |= configured(headrace.folder, lines=entry)

    done = headrace.run(
        "app", "replay", "--stream", "content_sessions", "--source", "postgres", "--into", "lines"
    )
    role = headrace.worker({"HEADRACE_ROLE": "lines"})
    role.start()
    headrace.topic.produce([heartbeat(session_id="after")])
    role.wait_until(lambda: len(in_lines(folder)) > len(sent), "at what came after")

    assert done.returncode == 0, done.stderr
    assert in_lines(folder) == [(1, 0, offset) for offset in range(len(sent) + 1)]


async def test_a_span_is_kept_apart_and_a_sink_that_is_in_use_is_not_taken(
    archive: Archive, tmp_path: Path
) -> None:
    await archive.store(1, 300)
    folder = tmp_path / "target"
    settings = configured(
        archive.folder,
        target={"kind": "file", "path": str(folder)},
        used={"kind": "parquet", "path": str(archive.parquet)},
        others={"kind": "file", "path": str(tmp_path / "x"), "streams": ["purchases"]},
    )
    span = ("--source", "postgres", "--from", "2026-11-22T09:40Z", "--to", "2026-11-22T10:00Z")

    part = await run(archive, *span, "--into", "target", **settings)
    used = await run(archive, "--source", "postgres", "--into", "used", **settings)
    others = await run(archive, "--source", "postgres", "--into", "others", **settings)
    whole = await run(archive, "--source", "postgres", "--into", "target", **settings)
    unknown = await run(archive, "--source", "postgres", "--into", "nowhere", **settings)

    assert part.returncode == 0, part.stderr
    stored = number("stored", part.stdout)
    assert stored == len(in_lines(folder / f"{archive.prefix}media_events.replay")) > 0
    assert not (folder / f"{archive.prefix}media_events").exists() or not in_lines(
        folder / f"{archive.prefix}media_events"
    )
    assert "goes on behind it" not in part.stdout
    assert "it holds" in used.stderr
    assert f"it holds {archive.prefix}media_events.replay already" in whole.stderr
    assert "it takes purchases" in others.stderr
    assert "no sink of headrace.yaml" in unknown.stderr
