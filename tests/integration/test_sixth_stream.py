"""docs/guides/add-a-stream.md, word for word but for the time: a stream from outside."""

import json
import os
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from devstack.engines.postgres import program
from tests.integration.headrace import Headrace
from tests.integration.topics import Topic

PAGE = Path(__file__).parents[2] / "docs" / "guides" / "add-a-stream.md"


def test_a_sixth_stream_is_added_as_the_page_says(headrace: Headrace, tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    declared = tmp_path / "elsewhere" / "ad_impressions.py"
    declared.parent.mkdir()
    declared.write_text(block(page, "python"))
    declared.with_suffix(".sql").write_text(block(page, "sql"))
    headrace.more["HEADRACE_STREAM_FILES"] = str(declared)
    headrace.more["HEADRACE_STREAMS"] = "content_sessions,ad_impressions"

    migrated = headrace.run("app", "migrate")
    again = headrace.run("app", "migrate")
    worker = headrace.worker()
    worker.start()
    topic = Topic(headrace.topic.broker, f"{headrace.prefix}ad_impressions")
    event = json.loads(block(page, "json")) | {"time": datetime.now(UTC).isoformat()}
    topic.kcat([json.dumps(event).encode(), json.dumps(event | {"country": "XX"}).encode()])
    stored = "SELECT last_offset FROM stream_positions WHERE topic = $1"
    worker.wait_until(lambda: headrace.query(stored, topic.name) == [(1,)], "at both records")

    assert "migrated to ad_impressions.sql" in migrated.stdout, migrated.stderr
    assert "up to date" in again.stdout
    command, expected = block(page, "console").split("\n", 1)
    sql = re.search(r"'(.*)'", command)
    assert sql is not None
    assert psql(headrace.database, sql[1]) == expected.rstrip().splitlines()
    assert headrace.query("SELECT topic, reason FROM event_dead_letters") == [
        (topic.name, "invalid")
    ]
    table = "/table/impressions_by_campaign/"
    worker.wait_until(lambda: worker.page(table)[1]["entries"], "live")
    assert "ad_impressions" in worker.status()["streams"]


def block(page: str, language: str) -> str:
    """Give the page's code block of that language."""
    [found] = re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return str(found)


def psql(dsn: str, sql: str) -> list[str]:
    """Ask as a person would, without the line that counts the rows."""
    shown = subprocess.run(
        [program("psql"), dsn, "-c", sql],
        env=os.environ | {"PSQLRC": os.devnull},
        capture_output=True,
        text=True,
        check=True,
    )
    return [line.rstrip() for line in shown.stdout.rpartition("\n(")[0].splitlines()]
