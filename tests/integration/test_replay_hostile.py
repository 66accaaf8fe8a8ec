"""Two replays at once, and places that cannot be had: told in words, without secrets."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.engines import Kafka, Postgres
from tests.databases import temporary_database
from tests.integration.replayed import Archive, contents

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def archive(kafka: Kafka, database: str, topic_prefix: str, tmp_path: Path) -> Archive:
    return Archive(kafka.address, topic_prefix, database, tmp_path)


@pytest.fixture
def second(postgres: Postgres) -> Iterator[str]:
    with temporary_database(postgres, "second") as name:
        yield postgres.dsn(name)


async def test_of_two_replays_at_once_one_is_overtaken_in_words(
    archive: Archive, second: str
) -> None:
    await archive.store(2, 4_000)
    into = ("--source", "parquet", "--into", second)

    both = await asyncio.gather(*(asyncio.to_thread(archive.replay, *into) for _ in range(2)))
    again = await asyncio.to_thread(archive.replay, *into)

    for one in (*both, again):
        assert "Traceback" not in one.stderr, one.stderr
    assert await contents(second) == await contents(archive.database)


@pytest.mark.parametrize(
    ("into", "said"),
    [
        ("postgresql://postgres:very-secret@127.0.0.1:1/none", "no PostgreSQL to work with"),
        ("postgresql://very-secret-user:very-secret@{}/none", "PostgreSQL refuses the user"),
        ("postgresql://postgres:very-secret@{}/none", "the server has no database of this name"),
    ],
)
async def test_a_target_that_cannot_be_had_is_told_without_its_password(
    archive: Archive, second: str, into: str, said: str
) -> None:
    await archive.store(1, 10)
    into = into.format(second.rpartition("@")[2].partition("/")[0])

    done = await asyncio.to_thread(archive.replay, "--source", "parquet", "--into", into)

    assert done.returncode == 2
    assert f"Error: --into: {said}" in done.stderr
    assert "secret@" not in done.stdout + done.stderr
    assert ":very-secret" not in done.stdout + done.stderr


async def test_a_target_that_was_filled_before_is_refused_by_what_it_holds(
    archive: Archive, second: str
) -> None:
    await archive.store(1, 10)
    into = ("--source", "parquet", "--into", second)
    await asyncio.to_thread(archive.replay, *into)

    again = await asyncio.to_thread(archive.replay, *into, "--anew", "--to", "9999-12-31")

    assert again.returncode != 0
    assert "holds media_events already (10 rows in that time). Take one" in again.stderr
