"""Everyday mistakes, made with the real command: a line or two, exit code 2, no secret anywhere."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.engines import Kafka, Postgres
from devstack.place.free_ports import free_port
from tests.databases import temporary_database
from tests.passwords import USER, dsn_with, require_password

SECRET = "hush-7d41"  # noqa: S105 - nobody's
LEVELS = ("debug", "info", "warn", "error", "crit")
READING = [
    ("migrate",),
    ("storage",),
    ("dictionary",),
    ("epoch", "new", "content_sessions"),
    ("recompute", "traffic_by_cdn", "--from", "2026-11-22T10:00Z"),
]
EVERY = [
    *READING,
    ("up", "--duration", "1s"),
    ("generate", "--events", "1"),
    ("worker",),
    ("status",),
    ("schema", "list"),
    ("down",),
]
_SECONDS = 60


def headrace(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command with these settings and no others."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HEADRACE_")}
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        env=kept | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )


def assert_told(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """Look for the words in at most three lines of error, with no traceback and no secret."""
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert len(done.stderr.splitlines()) <= 3, done.stderr
    for word in words:
        assert word in done.stderr


@pytest.fixture(scope="module")
def guarded(engine_folder: Path, postgres: Postgres) -> Postgres:
    """Give the session's server, with a user whose password is the secret."""
    del engine_folder
    require_password(postgres, SECRET)
    return postgres


@pytest.fixture
def silent() -> Iterator[str]:
    """Give an address that takes connections and never says a word, like a frozen server."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("arguments", EVERY, ids=" ".join)
def test_wrong_settings_are_told_all_at_once_by_every_command(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    done = headrace(
        *arguments,
        HEADRACE_BROKER=f"kafak://{SECRET}:9092",
        HEADRACE_DATABASE=f"postgresql+psycopg://bob:{SECRET}@h/d",
        HEADRACE_HOME=str(tmp_path / "home"),
    )

    assert_told(done, "2 settings are wrong", "HEADRACE_BROKER: ", "HEADRACE_DATABASE: ")


def test_a_role_that_does_not_exist_is_told() -> None:
    assert_told(
        headrace("worker", "--role", "lines"), "HEADRACE_ROLE: no such role 'lines'", "config init"
    )


def test_a_role_that_is_nearly_one_is_told_its_name(tmp_path: Path) -> None:
    file = tmp_path / "sinks.yaml"
    file.write_text("sinks: {lines: {kind: file, path: x}}", encoding="utf-8")

    sink = headrace("worker", "--role", "line", HEADRACE_CONFIG=str(file))
    source = headrace("worker", "--role", "source-lines", HEADRACE_CONFIG=str(file))

    assert_told(sink, "no such role 'line' (did you mean lines?)", f"sink and source of {file}")
    assert_told(source, "no such role 'source-lines'", f"sink and source of {file}")


@pytest.mark.parametrize("arguments", READING, ids=lambda arguments: arguments[0])
def test_a_database_that_is_not_there_is_told(arguments: tuple[str, ...]) -> None:
    dsn = f"postgresql://bob:{SECRET}@127.0.0.1:{free_port()}/d"

    done = headrace(*arguments, HEADRACE_DATABASE=dsn)

    assert_told(done, "HEADRACE_DATABASE: no PostgreSQL to work with (connection refused)")


def test_a_wrong_password_is_told(guarded: Postgres) -> None:
    wrong = dsn_with(guarded, f"{SECRET}x")

    done = headrace("migrate", HEADRACE_DATABASE=wrong)

    assert_told(done, "HEADRACE_DATABASE: PostgreSQL refuses the user or the password")


def test_a_missing_database_and_one_without_tables_are_told(guarded: Postgres) -> None:
    dsn = dsn_with(guarded, SECRET)

    missing = headrace("migrate", HEADRACE_DATABASE=f"{dsn}_missing")
    with temporary_database(guarded, "empty") as name:
        empty = headrace("storage", HEADRACE_DATABASE=dsn.replace("/headrace", f"/{name}"))

    assert_told(missing, "HEADRACE_DATABASE: the server has no database of this name")
    assert "--into" not in missing.stderr  # migrate has no such option
    assert_told(empty, "Run: headrace migrate")


def test_a_user_who_may_not_make_tables_is_told(guarded: Postgres) -> None:
    guarded.query(f"CREATE ROLE poor LOGIN PASSWORD '{SECRET}'")
    try:
        with temporary_database(guarded, "poor") as name:
            dsn = guarded.dsn(name).replace("postgres@", f"poor:{SECRET}@")

            done = headrace("migrate", HEADRACE_DATABASE=dsn)
    finally:  # while it is there, nothing is taken from everybody in other tests' databases
        guarded.query("DROP ROLE poor")

    assert_told(done, "HEADRACE_DATABASE: its user may not do this")


@pytest.mark.parametrize("arguments", [("generate",), ("up",), ("up", "--duration", "5s")])
@pytest.mark.parametrize("is_silent", [True, False], ids=["frozen", "refused"])
def test_a_broker_that_is_not_there_is_told_in_time(
    arguments: tuple[str, ...], silent: str, tmp_path: Path, *, is_silent: bool
) -> None:
    broker = silent if is_silent else f"127.0.0.1:{free_port()}"
    begun = time.monotonic()

    done = headrace(*arguments, HEADRACE_BROKER=broker, HEADRACE_HOME=str(tmp_path / "home"))

    assert time.monotonic() - begun < 45
    assert_told(done, "no Kafka broker answers at")


def test_a_home_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / SECRET).touch()

    done = headrace("up", HEADRACE_HOME=str(tmp_path / SECRET / "home"))

    assert_told(done, "HEADRACE_HOME: ")


@pytest.mark.parametrize("variable", ["HEADRACE_WEB_PORT", "HEADRACE_METRICS_PORT"])
def test_a_port_that_is_taken_is_told_by_a_worker(
    kafka: Kafka, database: str, topic_prefix: str, silent: str, variable: str
) -> None:
    ports = {"HEADRACE_WEB_PORT": str(free_port()), "HEADRACE_METRICS_PORT": str(free_port())}
    ports[variable] = silent.partition(":")[2]

    done = headrace(
        "worker",
        HEADRACE_BROKER=kafka.address,
        HEADRACE_DATABASE=database,
        HEADRACE_TOPIC_PREFIX=topic_prefix,
        HEADRACE_APP_ID=topic_prefix,
        HEADRACE_STREAMS="purchases",
        **ports,
    )

    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    last = done.stderr.splitlines()[-1]  # not scrolled away by what stops after it
    assert last.startswith("Error: ")
    assert silent in last
    assert variable in last


def test_debug_shows_where_it_rose() -> None:
    done = headrace("--debug", "worker", "--role", "none")

    assert "Traceback" in done.stderr


@pytest.mark.parametrize("level", LEVELS)
def test_no_level_of_a_workers_log_holds_a_secret(
    kafka: Kafka, guarded: Postgres, topic_prefix: str, tmp_path: Path, level: str
) -> None:
    wrong, output = dsn_with(guarded, f"{SECRET}x"), tmp_path / "log"
    settings = {
        "HEADRACE_BROKER": kafka.address,
        "HEADRACE_DATABASE": wrong,
        "HEADRACE_READER_PASSWORD": SECRET,
        "HEADRACE_TOPIC_PREFIX": topic_prefix,
        "HEADRACE_WEB_PORT": str(free_port()),
        "HEADRACE_METRICS_PORT": str(free_port()),
    }
    with output.open("wb") as log:
        worker = subprocess.Popen(
            [sys.executable, "-m", "faust", "-A", "app", "worker", "-l", level],
            env=os.environ | settings,
            stdout=log,
            stderr=log,
        )
        time.sleep(8)
        worker.terminate()
        worker.wait(30)

    text = output.read_text(encoding="utf-8")
    assert SECRET not in text
    if level in {"debug", "info", "warn"}:
        assert "refuses the user or the password" in text
    assert USER not in text
