"""What may be said of a ClickHouse sink, and what `migrate` makes of it."""

import subprocess
import sys

import pytest
from pydantic import ValidationError

from models.content_sessions import CONTENT_SESSIONS
from sinks.base import SinkUnavailable
from sinks.clickhouse.kind import KIND
from sinks.clickhouse.migrate import migrate, reader_sql
from sinks.clickhouse.options import ClickhouseOptions
from tests.sinks.clickhouse.beside import Place


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"url": "clickhouse:9000"}, "expected http://host:8123"),
        ({"url": "http://me:hush@h:8123"}, "options of their own"),
        ({"url": "http://h:8123/?password=hush"}, "options of their own"),
        ({"database": "a-b"}, "match pattern"),
        ({"table_prefix": "a b"}, "match pattern"),
        ({"ttl_days": -1}, "greater than or equal to 0"),
        ({"ca_file": "/x"}, "for https:// only"),
        ({"pasword": "hush"}, "Extra inputs"),
    ],
)
def test_what_is_wrong_is_said_without_its_value(said: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why) as refused:
        ClickhouseOptions.model_validate(said)

    assert "hush" not in str(refused.value)


def test_secrets_are_not_shown() -> None:
    options = ClickhouseOptions.model_validate({"password": "hush", "reader_password": "hush"})

    assert "hush" not in repr(options)
    assert "hush" not in str(options.model_dump())


def test_each_option_is_described() -> None:
    schema = ClickhouseOptions.model_json_schema()

    assert all(option.get("description") for option in schema["properties"].values())


def test_the_kind_says_what_it_needs() -> None:
    assert (KIND.name, KIND.extra, KIND.options) == (
        "clickhouse",
        "clickhouse",
        ClickhouseOptions,
    )
    assert "pyarrow" in KIND.packages


def test_the_readers_password_is_hashed_before_it_is_sent() -> None:
    options = ClickhouseOptions.model_validate({"reader_password": "hush", "database": "d"})

    made, *_, granted = reader_sql(options)

    assert "hush" not in made
    assert "sha256_hash" in made
    assert granted == "GRANT SELECT ON `d`.* TO `headrace_reader`"


def test_without_its_password_there_is_no_reader() -> None:
    assert reader_sql(ClickhouseOptions()) == []


async def test_the_server_understands_how_the_reader_is_made(place: Place) -> None:
    options = place.options(reader_password="hush ' hush", reader="grafana")
    for sql in reader_sql(options):
        escaped = sql.replace("\\", "\\\\").replace("'", "\\'")
        assert place.query(f"SELECT formatQuery('{escaped}')")

    # this engine is the real server but for its users, which stand in a file
    with pytest.raises(SinkUnavailable, match="keeps no users that are made by SQL"):
        await migrate(options, CONTENT_SESSIONS)


def test_what_it_needs_is_loaded_by_who_uses_it() -> None:
    program = (
        "import sys, app.worker.factory, sinks.clickhouse.kind, sinks.clickhouse.migrate;"
        "sys.exit('pyarrow' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", program], check=False)

    assert done.returncode == 0
