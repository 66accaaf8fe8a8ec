"""The database answers, but refuses: a clear error, tried again and again, and nothing is lost."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from devstack.engines import Postgres
from tests.chaos.stage import Stage
from tests.chaos.workers import statuses

pytestmark = pytest.mark.acceptance


def test_read_only(lone_worker: Stage, postgres: Postgres) -> None:
    with read_only(lone_worker, postgres):
        await_refusal(lone_worker, "read-only transaction (ReadOnlySQLTransactionError)")

    assert lone_worker.compare() == []


@pytest.mark.parametrize(
    ("code", "message", "told"),
    [
        pytest.param(
            "53100",
            "could not extend file: No space left on device",
            "No space left on device (DiskFullError)",
            id="disk full",
        ),
        pytest.param(
            "57014",
            "canceling statement due to statement timeout",
            "statement timeout (QueryCanceledError)",
            id="statement timeout",
        ),
    ],
)
def test_refused_statements(
    lone_worker: Stage, postgres: Postgres, code: str, message: str, told: str
) -> None:
    with failing_writes(lone_worker, postgres, code, message):
        await_refusal(lone_worker, told)

    assert lone_worker.compare() == []


def await_refusal(stage: Stage, told: str) -> None:
    """Wait until every worker says so, on its page and in its log, and has tried several times."""

    def known() -> bool:
        return all(
            status is not None and told in (status.waiting_for or "")
            for status in statuses(stage.workers)
        ) and all(
            any("next try in 0.8 s" in line and told in line for line in worker.log.splitlines())
            for worker in stage.workers
        )

    stage.until(known, f"told {told!r}")


@contextmanager
def read_only(stage: Stage, postgres: Postgres) -> Iterator[None]:
    name = stage.database.name
    postgres.query(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    postgres.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()",
        name,
    )
    yield
    postgres.query(f"ALTER DATABASE {name} RESET default_transaction_read_only")


@contextmanager
def failing_writes(stage: Stage, postgres: Postgres, code: str, message: str) -> Iterator[None]:
    """Have PostgreSQL raise the error of a full disk or a timeout, where positions are moved."""
    name = stage.database.name
    postgres.query(
        f"""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION '{message}' USING ERRCODE = '{code}'; END $$;
        CREATE TRIGGER refuse BEFORE UPDATE ON stream_positions
        FOR EACH STATEMENT EXECUTE FUNCTION refuse()
        """,
        name,
    )
    yield
    postgres.query("DROP FUNCTION refuse() CASCADE", name)
