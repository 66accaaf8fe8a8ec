"""`headrace psql` finds the database, and tells no password."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from db.reader import let_reader_read
from devstack.place.addresses import as_user, without_password
from tests.app.commands import headrace, runs_at

NOBODY = "127.0.0.1:1"


@pytest.mark.parametrize(
    ("dsn", "shown", "password"),
    [
        pytest.param("postgresql://u:p%40s@h:1/d", "postgresql://u@h:1/d", "p@s", id="in the user"),
        pytest.param("postgresql://h/d?password=x", "postgresql://h/d", "x", id="in the query"),
        pytest.param("postgresql://u@h/d?sslmode=require", None, None, id="none"),
        pytest.param("postgresql://u:p@h1:1,h2:2/d", "postgresql://u@h1:1,h2:2/d", "p", id="hosts"),
    ],
)
def test_a_password_is_taken_out_of_a_dsn(
    dsn: str, shown: str | None, password: str | None
) -> None:
    assert without_password(dsn) == (shown or dsn, password)


def test_another_user_takes_no_password_along() -> None:
    assert as_user("postgresql://u:p@h:1/d?sslmode=require", "r") == (
        "postgresql://r@h:1/d?sslmode=require"
    )


def test_it_opens_the_database_of_a_run_and_passes_options_on(
    tmp_path: Path, database: str
) -> None:
    runs_at(tmp_path, NOBODY, database)

    done = headrace(tmp_path, "psql", "-At", "-c", "SELECT current_database()")

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == database.rpartition("/")[2]
    assert done.stderr == ""


def test_the_variable_comes_before_the_run(tmp_path: Path, database: str) -> None:
    runs_at(tmp_path, NOBODY, "postgresql://nobody@127.0.0.1:1/none")

    done = headrace(tmp_path, "psql", "-Atc", "SELECT 1", HEADRACE_DATABASE=database)

    assert (done.returncode, done.stdout) == (0, "1\n")


def test_a_run_that_was_killed_is_not_believed(tmp_path: Path, database: str) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as ended:
        runs_at(tmp_path, NOBODY, database, ended.pid)
        ended.kill()

    done = headrace(tmp_path, "psql", "-c", "SELECT 1")

    assert "and no headrace up runs here" in done.stderr


def test_the_reader_reads_and_changes_nothing(tmp_path: Path, database: str) -> None:
    asyncio.run(let_reader_read(database, None))
    runs_at(tmp_path, NOBODY, database)

    who = headrace(tmp_path, "psql", "--reader", "-Atc", "SELECT current_user")
    change = headrace(tmp_path, "psql", "--reader", "-c", "DELETE FROM cdn_capacity")

    assert who.stdout == "headrace_reader\n"
    assert change.returncode != 0


def test_the_password_is_not_among_the_arguments(tmp_path: Path) -> None:
    """Anybody on the machine can read those."""
    psql = tmp_path / "psql"
    psql.write_text('#!/bin/sh\necho "$@"\necho "$PGPASSWORD" >&2\n')
    psql.chmod(0o755)

    done = headrace(
        tmp_path,
        "psql",
        PATH=f"{tmp_path}:{os.environ['PATH']}",
        HEADRACE_DATABASE="postgresql://u:s3cret@h/d",
    )

    assert done.stdout == "-d postgresql://u@h/d\n"
    assert done.stderr == "s3cret\n"
