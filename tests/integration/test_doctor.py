"""`headrace doctor` on real engines: what is well, what is wrong, and nothing that is secret."""

import json
import re
import socket
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from devstack.engines import Kafka, Postgres
from doctor.variables import check_variables
from tests.app.commands import headrace as command
from tests.app.commands import runs_at
from tests.databases import temporary_database
from tests.integration.headrace import Headrace
from tests.integration.topics import Topic
from tests.integration.worker import Worker

NOWHERE = {
    "HEADRACE_BROKER": "127.0.0.1:1",
    "HEADRACE_DATABASE": "postgresql://bob:s3cret%40@127.0.0.1:1/d",
}


def doctor(home: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return command(home, "doctor", "--json", **settings)


def found(done: subprocess.CompletedProcess[str]) -> dict[str, list[dict[str, Any]]]:
    """Give the findings by check."""
    checks: dict[str, list[dict[str, Any]]] = {}
    for one in json.loads(done.stdout)["checks"]:
        checks.setdefault(one["check"], []).append(one)
    return checks


def wrong(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """Give the cures of what is wrong by check."""
    return {
        one["check"]: one["cure"] for some in found(done).values() for one in some if one["cure"]
    }


def test_all_is_well_with_a_worker_beside_it(headrace: Headrace, worker: Worker) -> None:
    worker.start()
    ports = {
        "HEADRACE_WEB_PORT": str(worker.port),
        "HEADRACE_METRICS_PORT": str(worker.metrics_port),
        "HEADRACE_READER_PASSWORD": "",
    }
    headrace.more.update(ports)

    done = headrace.run("app", "doctor", "--json")

    checks = found(done)
    assert wrong(done) == {}
    assert done.returncode == 0
    assert "1 are held by" in checks["partitions"][0]["said"]
    assert [one["said"].split(": ")[1][:8] for one in checks["ports"]] == ["a worker", "a worker"]
    assert checks["migrations"][0]["said"].startswith("at ")


def test_a_run_is_found_by_its_file_and_what_is_missing_has_its_cure(
    tmp_path: Path, kafka: Kafka, postgres: Postgres, topic_prefix: str
) -> None:
    with temporary_database(postgres, "empty") as name:
        runs_at(tmp_path, kafka.address, postgres.dsn(name))

        done = doctor(tmp_path, HEADRACE_TOPIC_PREFIX=topic_prefix)

    cures = wrong(done)
    assert done.returncode == 1
    assert set(cures) == {"topics", "migrations"}
    assert cures["migrations"] == "headrace migrate"


def test_nothing_answers_and_every_check_is_made_all_the_same(tmp_path: Path) -> None:
    done = command(tmp_path, "doctor", **NOWHERE)

    lines = done.stdout.splitlines()
    assert done.returncode == 1
    assert done.stderr == ""
    assert "s3cret" not in done.stdout
    assert "connection refused" in done.stdout
    assert [line[2:].split()[0] for line in lines if line.startswith("✗")] == ["broker", "database"]
    assert {"ports", "disk", "Grafana"} <= {line[2:].split()[0] for line in lines}


def test_servers_that_take_a_connection_and_say_nothing_are_not_waited_for(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"

        done = doctor(
            tmp_path,
            HEADRACE_BROKER=address,
            HEADRACE_DATABASE=f"postgresql://u@{address}/d",
            HEADRACE_GRAFANA_URL=f"http://{address}",
        )

    assert {"broker", "database", "Grafana"} <= set(wrong(done))


def test_settings_that_cannot_be_read_are_lines_without_their_values(tmp_path: Path) -> None:
    done = command(
        tmp_path,
        "doctor",
        HEADRACE_BROKER="127.0.0.1:1",
        HEADRACE_DATABASE="postgresql+psycopg://bob:s3cret@h/d",
        HEADRACE_WEB_PORT="s3cret",
        HEADRACE_STREAMS="nonsense",
    )

    assert done.returncode == 1
    assert "✗ settings" in done.stdout
    assert "HEADRACE_DATABASE: expected postgresql://" in done.stdout
    assert "HEADRACE_WEB_PORT: " in done.stdout
    assert "HEADRACE_STREAMS: no stream" in done.stdout
    assert "s3cret" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("written", "said"),
    [("sinks: {a: {kind: nope}}", "no such kind of sink"), (None, "there is no such file")],
)
def test_a_headrace_yaml_that_is_wrong_is_told(
    tmp_path: Path, written: str | None, said: str
) -> None:
    document = tmp_path / "sinks.yaml"
    if written:
        document.write_text(written)

    done = command(tmp_path, "doctor", HEADRACE_BROKER="127.0.0.1:1", HEADRACE_CONFIG=str(document))

    assert done.returncode == 1
    assert "✗ sinks" in done.stdout
    assert said in " ".join(done.stdout.split())


async def test_a_wrong_password_a_missing_database_and_missing_rights_have_their_cures(
    tmp_path: Path, postgres: Postgres, database: str
) -> None:
    connection = await asyncpg.connect(database)
    await connection.execute("CREATE ROLE weak LOGIN")
    try:
        weak = doctor(
            tmp_path,
            HEADRACE_BROKER="127.0.0.1:1",
            HEADRACE_DATABASE=database.replace("postgres@", "weak@"),
        )
        none = doctor(
            tmp_path, HEADRACE_BROKER="127.0.0.1:1", HEADRACE_DATABASE=postgres.dsn("not_there")
        )
    finally:
        await connection.execute("DROP ROLE weak")
        await connection.close()

    assert wrong(weak)["rights"].startswith("use the role that ran headrace migrate")
    assert "CREATE DATABASE" in wrong(none)["database"]


def test_records_from_the_future_and_taken_ports_are_told(
    tmp_path: Path, kafka: Kafka, database: str, topic_prefix: str
) -> None:
    topic = Topic(kafka.address, f"{topic_prefix}purchases")
    topic.create()
    soon = round((datetime.now(UTC) + timedelta(minutes=30)).timestamp() * 1_000)
    producer = topic.producer()
    producer.produce(topic.name, b"{}", timestamp=soon)
    producer.flush()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = doctor(
            tmp_path,
            HEADRACE_BROKER=kafka.address,
            HEADRACE_DATABASE=database,
            HEADRACE_TOPIC_PREFIX=topic_prefix,
            HEADRACE_STREAMS="purchases",
            HEADRACE_METRICS_PORT=str(taken.getsockname()[1]),
        )

    assert set(wrong(done)) == {"record times", "ports", "partitions"}
    assert re.search(r"1,[78]\d\d s ahead", found(done)["record times"][0]["said"])


@pytest.mark.parametrize(
    ("name", "cure"),
    [
        pytest.param("HEADRACE_BROKR", "did you mean HEADRACE_BROKER?", id="a letter too few"),
        pytest.param("HEADRACE_DATABSE", "did you mean HEADRACE_DATABASE?", id="another"),
        pytest.param("HEADRACE_POSTGRES_URL", "", id="of Grafana"),
        pytest.param("HEADRACE_GENERATOR_SEED", "", id="of the generator"),
        pytest.param("PATH", "", id="not ours"),
    ],
)
def test_a_variable_that_nothing_reads_is_told_with_the_nearest(name: str, cure: str) -> None:
    assert [one.cure for one in check_variables([name])] == [cure]
