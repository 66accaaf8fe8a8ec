"""SQL of streams of one's own is run once for each stream, whatever its file is called."""

import asyncio
from itertools import chain
from pathlib import Path

import asyncpg
import pytest

from db.user_sql import OwnSql, run_user_sql

FIRST_RELEASE = """
CREATE TABLE headrace_stream_files (name text PRIMARY KEY, ran timestamptz NOT NULL DEFAULT now());
INSERT INTO headrace_stream_files (name) VALUES ('stream.sql'), ('stream.2.sql');
"""


@pytest.fixture
def lifts(tmp_path: Path) -> list[OwnSql]:
    """Make the SQL of a stream; the second file needs what the first one makes."""
    return own(tmp_path, "lifts")


@pytest.fixture
def doors(tmp_path: Path) -> list[OwnSql]:
    return own(tmp_path, "doors")


def own(folder: Path, topic: str) -> list[OwnSql]:
    """Write files that are called the same for every stream, each in a folder of its own."""
    place = folder / topic
    place.mkdir()
    (place / "stream.sql").write_text(f"CREATE TABLE {topic} (at timestamptz)")
    (place / "stream.2.sql").write_text(f"ALTER TABLE {topic} ADD COLUMN more text")
    return [OwnSql(topic, place / name) for name in ("stream.sql", "stream.2.sql")]


async def test_files_of_two_streams_with_one_name_are_two(
    database: str, lifts: list[OwnSql], doors: list[OwnSql]
) -> None:
    both = [*lifts, *doors]

    done = await asyncio.gather(*(run_user_sql(database, both) for _ in range(4)))

    assert sorted(chain.from_iterable(done)) == ["stream.2.sql"] * 2 + ["stream.sql"] * 2
    assert await columns(database) == {("doors", "at"), ("doors", "more"), *LIFTS}
    assert await run_user_sql(database, both) == []


async def test_a_file_that_moved_is_the_same(
    database: str, lifts: list[OwnSql], tmp_path: Path
) -> None:
    await run_user_sql(database, lifts)
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for one in lifts:
        one.path.rename(moved / one.path.name)

    again = await run_user_sql(database, [OwnSql("lifts", moved / one.path.name) for one in lifts])

    assert again == []


async def test_what_the_first_releases_ran_is_known_and_what_they_took_for_it_is_run(
    database: str, lifts: list[OwnSql], doors: list[OwnSql]
) -> None:
    connection = await asyncpg.connect(database)
    await connection.execute("DROP TABLE headrace_stream_files")
    await connection.execute(FIRST_RELEASE)
    await connection.execute("CREATE TABLE lifts (at timestamptz, more text)")
    await connection.execute("ALTER TABLE headrace_stream_files ADD COLUMN topic text")  # 0013
    await connection.close()

    done = await run_user_sql(database, [*doors, *lifts])

    assert done == ["stream.sql", "stream.2.sql"]
    assert await columns(database) == {("doors", "at"), ("doors", "more"), *LIFTS}
    assert await run_user_sql(database, [*lifts, *doors]) == []


LIFTS = {("lifts", "at"), ("lifts", "more")}


async def columns(dsn: str) -> set[tuple[str, str]]:
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_name IN ('lifts', 'doors')"
        )
        return {tuple(row) for row in rows}
    finally:
        await connection.close()
