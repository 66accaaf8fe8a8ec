"""The role headrace_reader reads everything, and can write, make and learn nothing else."""

import asyncio
import hashlib
import hmac
from base64 import b64decode
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from db.migrate import LATEST, migrate
from db.partitions import ensure_days
from db.reader import let_reader_read
from db.user_sql import OwnSql, run_user_sql
from devstack.engines import Postgres
from tests.devstack.engines.timescale.engine import timescale

RELATIONS = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm') ORDER BY 1
"""
REFUSED = [
    "INSERT INTO cdn_capacity VALUES ('x', 1)",
    "UPDATE cdn_capacity SET max_capacity_mbps = 1",
    "DELETE FROM event_dead_letters",
    "TRUNCATE stream_positions",
    "SELECT FROM stream_positions FOR UPDATE",
    "COPY cdn_capacity FROM STDIN",
    "SELECT make_partitions('{content_sessions}', '{2031-01-01}')",
    "SELECT let_reader_read()",
    "CREATE TABLE mine ()",
    "CREATE TEMPORARY TABLE mine ()",
    "CREATE SCHEMA mine",
    "CREATE VIEW mine AS SELECT 1",
    "CREATE FUNCTION mine() RETURNS integer LANGUAGE sql RETURN 1",
    "CREATE TYPE mine AS ENUM ('x')",
    "CREATE EXTENSION pg_trgm",
    "CREATE ROLE mine",
    "CREATE DATABASE mine",
    "SELECT lo_create(0)",
    "SELECT lo_from_bytea(0, 'x')",
    "DROP TABLE event_dead_letters",
    "DROP VIEW traffic_by_cdn",
    "ALTER TABLE cdn_capacity ADD COLUMN mine integer",
    "COMMENT ON TABLE cdn_capacity IS 'mine'",
    "COPY cdn_capacity TO '/tmp/mine'",
    "COPY cdn_capacity TO PROGRAM 'cat'",
    "COPY cdn_capacity FROM PROGRAM 'echo x'",
    "SET ROLE postgres",
    "SET SESSION AUTHORIZATION postgres",
    "ALTER ROLE headrace_reader SUPERUSER",
    "SELECT * FROM pg_authid",
    "SELECT * FROM pg_shadow",
    "SELECT * FROM pg_hba_file_rules",
    "SELECT pg_read_file('PG_VERSION')",
    "SELECT pg_ls_dir('.')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT * FROM headrace_migrations.migrations",
    "SELECT pg_advisory_lock(1)",
    "SELECT pg_advisory_lock_shared(1, 1)",
    "SELECT pg_advisory_xact_lock(1)",
    "SELECT pg_try_advisory_lock(1)",
    "SELECT pg_try_advisory_xact_lock_shared(1)",
    "SELECT pg_logical_emit_message(false, 'x', 'x')",
    "SET temp_file_limit = -1",
    "SELECT FROM keeping_rounds FOR SHARE",
    "UPDATE keeping_rounds SET pid = 1",
    "BEGIN; LOCK TABLE content_sessions IN ROW SHARE MODE",
    "BEGIN; LOCK TABLE kept_tables IN SHARE UPDATE EXCLUSIVE MODE",
]


@pytest.fixture
async def dsn(database: str) -> str:
    """Give a database with the rights that a copy of a template has not."""
    assert await let_reader_read(database, password=None) == []
    return database


@pytest.fixture
async def reader(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(as_reader(dsn))
    yield connection
    await connection.close()


@pytest.fixture
def plain(postgres: Postgres) -> Iterator[str]:
    """Make a role of somebody else, who can log in too."""
    name = f"plain_{uuid4().hex}"
    postgres.query(f"CREATE ROLE {name} LOGIN")
    yield name
    postgres.query(f"DROP ROLE {name}")


def as_reader(dsn: str) -> str:
    return dsn.replace("//postgres@", "//headrace_reader@")


async def read_all(connection: asyncpg.Connection) -> list[str]:
    """Read every table, partition and view; return their names."""
    names = [row[0] for row in await connection.fetch(RELATIONS)]
    for name in names:
        await connection.fetch(f'SELECT * FROM "{name}" LIMIT 1')  # noqa: S608 - the catalog's
    return names


async def test_it_reads_every_table_and_view(reader: asyncpg.Connection) -> None:
    names = await read_all(reader)

    assert {"content_sessions", "traffic_by_cdn", "traffic_by_cdn_per_day"} < set(names)
    assert len(names) > 50


async def test_it_reads_what_is_made_later(
    dsn: str, reader: asyncpg.Connection, tmp_path: Path
) -> None:
    before = set(await read_all(reader))
    owner = await asyncpg.connect(dsn)
    await ensure_days(owner, ["content_sessions"], [datetime(2031, 5, 4, tzinfo=UTC).date()])
    await owner.close()
    own = tmp_path / "lifts.sql"
    own.write_text("CREATE TABLE lifts (at timestamptz); CREATE VIEW lifted AS SELECT * FROM lifts")
    await run_user_sql(dsn, [OwnSql("lifts", own)])

    made = set(await read_all(reader)) - before

    assert made == {"content_sessions_p203105", "lifts", "lifted"}


@pytest.mark.parametrize("statement", REFUSED)
async def test_it_can_do_nothing_else_even_when_it_wants_to_write(
    reader: asyncpg.Connection, statement: str
) -> None:
    await reader.execute("SET default_transaction_read_only = off")

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await reader.execute(statement)


async def test_its_transactions_are_read_only_and_end(reader: asyncpg.Connection) -> None:
    limits = await reader.fetchrow(
        "SELECT current_setting('default_transaction_read_only'),"
        " current_setting('statement_timeout'),"
        " current_setting('idle_in_transaction_session_timeout'), current_setting('jit'),"
        " rolconnlimit, rolconfig"
        " FROM pg_roles WHERE rolname = current_user"
    )

    assert limits is not None
    assert tuple(limits)[:5] == ("on", "30s", "1min", "off", 30)
    assert not [one for one in limits["rolconfig"] if one.startswith("search_path")]
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await reader.execute("CREATE TEMPORARY TABLE mine ()")
    await reader.execute("SET statement_timeout = '20ms'")
    with pytest.raises(asyncpg.QueryCanceledError):
        await reader.execute("SELECT pg_sleep(60)")


async def test_databases_of_one_server_migrate_at_once(own_postgres: Postgres) -> None:
    names = [f"beside_{number}" for number in range(4)]
    # the first one has made the role already: as if it never had
    own_postgres.query("DROP OWNED BY headrace_reader; DROP ROLE headrace_reader", "headrace")
    for name in names:
        own_postgres.query(f"CREATE DATABASE {name}")

    await asyncio.gather(*(migrate(own_postgres.dsn(name)) for name in names))
    asked = await asyncio.gather(
        *(let_reader_read(own_postgres.dsn(name), "the same") for name in [*names, "headrace"])
    )

    assert asked == [[]] * 5
    for name in [*names, "headrace"]:
        reader = await asyncpg.connect(as_reader(own_postgres.dsn(name)))
        assert len(await read_all(reader)) > 50
        await reader.close()


async def test_a_role_that_may_not_make_roles_migrates_and_tells_what_to_run(
    own_postgres: Postgres,
) -> None:
    own_postgres.query("DROP OWNED BY headrace_reader; DROP ROLE headrace_reader", "headrace")
    own_postgres.query("CREATE ROLE plain LOGIN")
    own_postgres.query("CREATE DATABASE plain OWNER plain")
    dsn = own_postgres.dsn("plain").replace("postgres@", "plain@")

    assert (await migrate(dsn))[-1] == LATEST
    asked = await let_reader_read(dsn, "secret")

    assert asked[0] == "CREATE ROLE headrace_reader LOGIN CONNECTION LIMIT 30;"
    assert "secret" not in "".join(asked)
    for statement in asked:
        own_postgres.query(statement, "plain")
    # these are all that a superuser is needed for; what everybody can, nobody else here needs
    left = await let_reader_read(dsn, password=None)
    reader = await asyncpg.connect(dsn.replace("plain@", "headrace_reader@"))
    assert len(await read_all(reader)) > 50
    await reader.close()
    assert [one.split(" ON ")[0] for one in left] == ["REVOKE EXECUTE"] * 3 + ["GRANT EXECUTE"]
    for statement in left:
        own_postgres.query(statement, "plain")
    assert await let_reader_read(dsn, password=None) == []
    connection = await asyncpg.connect(dsn)
    await connection.execute("SELECT pg_advisory_lock(1)")
    await connection.close()


@pytest.mark.usefixtures("plain")
async def test_what_others_may_need_is_not_taken_from_everybody(
    database: str, connection: asyncpg.Connection
) -> None:
    await connection.execute("GRANT CREATE ON SCHEMA public TO PUBLIC")  # as before version 15
    name = database.rpartition("/")[2]

    asked = await let_reader_read(database, password=None)

    assert asked == [
        f"REVOKE TEMPORARY ON DATABASE {name} FROM PUBLIC; -- unless another role needs it",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC; -- unless another role needs it",
    ]


async def test_tables_of_others_are_not_shown(dsn: str, plain: str) -> None:
    owner = await asyncpg.connect(dsn)
    await owner.execute(f"CREATE TABLE secrets (); ALTER TABLE secrets OWNER TO {plain}")
    await owner.execute("REVOKE ALL ON secrets FROM headrace_reader")

    await let_reader_read(dsn, password=None)

    may = "SELECT has_table_privilege('headrace_reader', 'secrets', 'SELECT')"
    assert await owner.fetchval(may) is False
    await owner.execute("DROP TABLE secrets")
    await owner.close()


async def test_a_password_is_kept_as_scram_and_replaced_by_the_next(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    kept = "SELECT rolpassword FROM pg_authid WHERE rolname = 'headrace_reader'"

    found = []
    for password in ["first it's", "second", None, ""]:
        await let_reader_read(dsn, password)
        found.append(await connection.fetchval(kept))
    await connection.execute("ALTER ROLE headrace_reader PASSWORD NULL")
    await connection.close()

    assert [opens(found[0], one) for one in ("first it's", "second")] == [True, False]
    assert opens(found[1], "second")
    assert found[1] == found[2] == found[3]
    with pytest.raises(ValueError, match="printable ASCII"):
        await let_reader_read(dsn, "schlüssel")


def opens(kept: str, password: str) -> bool:
    """Say whether this is the verifier of the password (RFC 5802)."""
    method, rounds_and_salt, keys = kept.split("$")
    rounds, salt = rounds_and_salt.split(":")
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), b64decode(salt), int(rounds))
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    return method == "SCRAM-SHA-256" and b64decode(keys.split(":")[0]) == stored


async def test_it_reads_hypertables_and_aggregates() -> None:
    with timescale() as dsn:
        owner = await asyncpg.connect(dsn)
        await owner.execute("CREATE EXTENSION timescaledb")
        await owner.close()
        await migrate(dsn)
        asked = await let_reader_read(dsn, "secret")
        owner = await asyncpg.connect(dsn)
        await owner.execute(
            "INSERT INTO media_events_by_type_windows"
            " VALUES (now() - interval '50 days', 0, 'play', 'movie', 1),"
            " (now(), 0, 'play', 'movie', 2)"
        )
        await owner.fetch(
            "SELECT compress_chunk(chunk) FROM show_chunks('media_events_by_type_windows',"
            " older_than => interval '30 days') AS chunk"
        )
        await owner.execute("SET ROLE headrace_reader")

        names = await read_all(owner)
        found = await owner.fetch("SELECT events FROM media_events_by_type ORDER BY 1")
        days = await owner.fetch("SELECT events FROM media_events_by_type_per_day ORDER BY 1")

        await owner.close()
    # this server is of WebAssembly, and its one database's own row can't be changed
    assert [one.split(" ON ")[0] for one in asked] == ["REVOKE TEMPORARY"]
    assert len(names) > 50
    assert [row[0] for row in found] == [row[0] for row in days] == [1, 2]
