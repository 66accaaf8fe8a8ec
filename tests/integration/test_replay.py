"""`headrace replay`: real Kafka, real PostgreSQL, real Parquet, and commands that are killed."""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devstack.engines import Kafka, Postgres
from tests.app.commands import headrace, runs_at
from tests.databases import temporary_database
from tests.integration.replayed import Archive, Live, contents, query, wrong_windows
from tests.integration.topics import Topic

pytestmark = pytest.mark.timeout(400)  # each runs several commands, one after the other

PARQUET = ("--source", "parquet")


@pytest.fixture
def archive(kafka: Kafka, database: str, topic_prefix: str, tmp_path: Path) -> Archive:
    return Archive(kafka.address, topic_prefix, database, tmp_path)


@pytest.fixture
def second(postgres: Postgres) -> Iterator[str]:
    """Make an empty database."""
    with temporary_database(postgres, "second") as name:
        yield postgres.dsn(name)


async def run(archive: Archive, *options: str, **settings: str) -> Any:
    return await asyncio.to_thread(lambda: archive.replay(*options, **settings))


def number(of: str, told: str) -> int:
    line = next(line for line in told.splitlines() if line.startswith(of))
    return int(line.split()[1].replace(",", ""))


async def test_another_database_is_filled_once_over_kills_and_a_worker_can_go_on(
    archive: Archive, second: str
) -> None:
    await archive.store(3, 1_500)
    await archive.store(3, 1_500, seed=2)
    into = (*PARQUET, "--into", second)

    # after a transaction in Kafka, and before the database's commit
    for fault in ("before_compare_and_set:kill:1", "before_commit:kill:1"):
        killed = await run(archive, *into, HEADRACE_FAULT=fault)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
    other = await run(archive, *into, "--upcast", "2.0")
    done = await run(archive, *into)
    again = await run(archive, *into)

    assert other.returncode != 0
    assert "not brought to its end" in other.stderr
    assert done.returncode == 0, done.stderr
    told = [number(one, done.stdout) for one in ("read", "sent", "refused", "stored")]
    assert told == [9_000, 9_000, 0, 9_000]
    assert await contents(second) == await contents(archive.database)
    positions = "SELECT * FROM stream_positions ORDER BY 1, 2"
    assert await query(second, positions) == await query(archive.database, positions)
    assert again.returncode != 0  # it is full, and stays as it is
    assert "holds media_events already" in again.stderr
    assert await contents(second) == await contents(archive.database)


async def test_the_same_database_replaces_beside_live_traffic_and_over_kills(
    archive: Archive,
) -> None:
    await archive.store(2, 10_000)
    into = (*PARQUET, "--into", "same", "--from", "2026-11-22T09:30Z", "--to", "2026-11-22T10:15Z")
    live = Live(archive)
    going_on = asyncio.create_task(live.run())

    # while rows are staged, and when some have taken the place of others
    for fault in ("before_live_tables:kill:1", "before_commit:kill:2"):
        killed = await run(archive, *into, HEADRACE_FAULT=fault)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
    done = await run(archive, *into)
    live.ends.set()
    await going_on

    assert done.returncode == 0, done.stderr
    expected = await _stored_once(archive)
    assert number("read", done.stdout) == number("stored", done.stdout) == expected
    assert await wrong_windows(archive) == 0
    [(rows, places)] = await query(
        archive.database,
        "SELECT count(*), count(DISTINCT (epoch, kafka_partition, kafka_offset)) FROM media_events",
    )
    assert rows == places == 20_000 + live.count


async def test_rows_before_are_rows_after(archive: Archive, second: str) -> None:
    await archive.store(2, 2_000)
    before = await contents(archive.database)

    for source in ("parquet", "postgres"):
        done = await run(archive, "--source", source, "--into", "same")
        assert done.returncode == 0, done.stderr
        assert "4,000 in another one's place, 0 added" in done.stdout
        assert await contents(archive.database) == before

    part = ("--from", "2026-11-22T09:40Z", "--to", "2026-11-22T10:00Z")
    some = await run(archive, "--source", "postgres", "--into", second, *part)
    assert number("stored", some.stdout) > 0, some.stderr
    kept = "SELECT * FROM media_events WHERE event_time >= '2026-11-22T09:40Z' "
    kept += "AND event_time < '2026-11-22T10:00Z' ORDER BY kafka_partition, kafka_offset"
    assert await query(second, kept) == await query(archive.database, kept)
    assert await query(second, "SELECT DISTINCT topic FROM stream_positions") == [
        (f"{archive.prefix}media_events.replay",)
    ]
    schemas = "SELECT count(*) FROM pg_tables WHERE schemaname = 'headrace_replay'"
    assert await query(archive.database, schemas) == [(0,)]


async def test_old_versions_are_brought_up_and_what_cannot_be_is_refused(archive: Archive) -> None:
    await archive.store(1, 3_000)
    before = await contents(archive.database, without=("schema_version",))
    versions = "SELECT schema_version, count(*) FROM media_events GROUP BY 1"
    old = dict(await query(archive.database, versions))

    done = await run(archive, *PARQUET, "--into", "same", "--upcast", "2.0")

    assert done.returncode == 0, done.stderr
    # an event of 1.0 names no session, which 2.0 requires: it stays as it was
    assert number("refused", done.stdout) == old["1.0"]
    assert "invalid: session_id" in done.stdout
    new = dict(await query(archive.database, versions))
    assert new == {"1.0": old["1.0"], "2.0": old["1.1"] + old["2.0"]}
    assert await contents(archive.database, without=("schema_version",)) == before


async def test_what_would_be_doubled_or_added_unasked_is_not(archive: Archive) -> None:
    await archive.store(1, 100)
    gone = "DELETE FROM media_events WHERE kafka_offset < 10"
    await query(archive.database, gone)
    before = await contents(archive.database)

    refused = await run(archive, *PARQUET, "--into", "same")
    unchanged = await contents(archive.database)
    added = await run(archive, *PARQUET, "--into", "same", "--add-missing")

    assert refused.returncode != 0
    assert "10 rows of the source are not in media_events" in refused.stderr
    assert unchanged == before
    assert "90 in another one's place, 10 added" in added.stdout, added.stderr
    assert await query(archive.database, "SELECT count(*) FROM media_events") == [(100,)]


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
async def test_a_replay_is_as_fast_as_one_wants_and_pauses_when_it_is_told_to(
    archive: Archive, second: str, stop: signal.Signals
) -> None:
    await archive.store(1, 300)
    into = (*PARQUET, "--into", second)
    runs_at(archive.folder, archive.broker, archive.database)  # else `status` shows nothing

    slow = await asyncio.create_subprocess_exec(
        *archive.command(*into, "--speed", "2x"),
        env=archive.environment({}),
        stderr=asyncio.subprocess.PIPE,
    )
    assert slow.stderr is not None
    try:
        async with asyncio.timeout(60):
            await slow.stderr.readline()  # it has begun; its events lie within hours
            await _until_some_are_sent(archive)
            slow.send_signal(stop)
            told = (await slow.stderr.read()).decode()
    except TimeoutError:
        slow.kill()  # else it would go on for hours
        raise
    paused = await asyncio.to_thread(lambda: headrace(archive.folder, "status"))
    other = await run(archive, *PARQUET, "--into", "same")
    done = await run(archive, *into, "--speed", "max")

    begun = f"--source parquet --path {archive.parquet} --into {second}. Run that one again"
    assert f"was not brought to its end: {begun}" in other.stderr
    assert await slow.wait() == 130, told
    assert "The same command goes on" in told
    assert "replay    media_events: " in paused.stdout, paused.stderr
    assert "of 300 sent, " in paused.stdout
    assert "paused or killed: the same command goes on" in paused.stdout
    assert not list((archive.folder / "replays").iterdir())  # it is at its end
    assert number("stored", done.stdout) == 300, done.stderr
    assert await contents(second) == await contents(archive.database)


async def _stored_once(archive: Archive) -> int:
    """Count the archive's rows of the span."""
    sql = (
        "SELECT count(*) FROM media_events WHERE kafka_offset < 10000 "
        "AND event_time >= '2026-11-22T09:30Z' AND event_time < '2026-11-22T10:15Z'"
    )
    return int((await query(archive.database, sql))[0][0])


async def _until_some_are_sent(archive: Archive) -> None:
    topic = Topic(archive.broker, f"{archive.prefix}media_events.replay")
    while True:  # an error, of a topic that is not there yet, comes as a message too
        found = await asyncio.to_thread(lambda: topic.read(1))
        if any(one.error() is None for one in found):
            return
