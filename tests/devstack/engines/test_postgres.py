"""PostgreSQL on this machine: it keeps rows and its address over stops and kills."""

from collections.abc import Callable

import asyncpg
import pytest

from devstack.engines import EngineError, Postgres

STOPS: list[Callable[[Postgres], None]] = [Postgres.stop, Postgres.kill]


@pytest.mark.parametrize("end", STOPS, ids=["stopped", "killed"])
async def test_a_restarted_server_has_the_same_address_and_rows(
    own_postgres: Postgres, end: Callable[[Postgres], None]
) -> None:
    dsn = own_postgres.dsn()
    connection = await asyncpg.connect(dsn)
    await connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")

    end(own_postgres)
    connection.terminate()
    assert not own_postgres.is_ready()
    own_postgres.start()

    assert own_postgres.dsn() == dsn
    connection = await asyncpg.connect(dsn)
    assert await connection.fetchval("SELECT answer FROM kept") == 42
    await connection.close()


def test_a_server_left_by_a_killed_run_does_not_hinder_the_next(own_postgres: Postgres) -> None:
    next_run = Postgres(own_postgres.folder)

    next_run.start()

    assert not own_postgres.child.running
    assert next_run.is_ready()
    next_run.kill()


def test_a_stale_postmaster_file_does_not_hinder_a_start(own_postgres: Postgres) -> None:
    own_postgres.kill()
    stale = own_postgres.folder / "data" / "postmaster.pid"
    # The number of a process that lives but is no server
    stale.write_text("1\n" + "\n".join(stale.read_text().splitlines()[1:]) + "\n")

    own_postgres.start()

    assert own_postgres.is_ready()


def test_a_server_that_cannot_start_shows_the_end_of_its_log(own_postgres: Postgres) -> None:
    own_postgres.stop()
    (own_postgres.folder / "data" / "postgresql.conf").write_text("no_such_setting = 1\n")

    with pytest.raises(EngineError, match=r"(?s)PostgreSQL ended with code 1.*no_such_setting"):
        own_postgres.start()


async def test_commits_are_durable(own_postgres: Postgres) -> None:
    settings = own_postgres.query(
        "SELECT current_setting('fsync'), current_setting('synchronous_commit')"
    )

    assert settings == "on|on\n"


async def test_each_test_has_a_database_of_its_own(database: str, postgres: Postgres) -> None:
    connection = await asyncpg.connect(database)
    name = await connection.fetchval("SELECT current_database()")
    await connection.close()

    assert name.startswith("test_")
    assert database == postgres.dsn(name)
