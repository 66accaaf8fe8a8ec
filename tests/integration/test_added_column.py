"""docs/guides/add-a-column.md, word for word but for the time: a column for a stream that runs."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

from tests.integration.headrace import Headrace
from tests.integration.test_sixth_stream import PAGE as STREAM_PAGE
from tests.integration.test_sixth_stream import block, psql
from tests.integration.topics import Topic
from tests.integration.worker import Worker

PAGE = STREAM_PAGE.with_name("add-a-column.md")
LAST_FIELD = re.compile(r"^    cost: .*\n", re.MULTILINE)


def test_a_column_is_added_as_the_page_says(headrace: Headrace, tmp_path: Path) -> None:
    stream, page = STREAM_PAGE.read_text(encoding="utf-8"), PAGE.read_text(encoding="utf-8")
    declared = tmp_path / "ad_impressions.py"
    declared.write_text(block(stream, "python"))
    declared.with_suffix(".sql").write_text(block(stream, "sql"))
    headrace.more["HEADRACE_STREAM_FILES"] = str(declared)
    headrace.more["HEADRACE_STREAMS"] = "ad_impressions"
    topic = Topic(headrace.topic.broker, f"{headrace.prefix}ad_impressions")
    worker = headrace.worker()
    worker.start()
    send(topic, block(stream, "json"))
    wait(headrace, worker, topic, 0)

    field = block(page, "python")
    source, count = LAST_FIELD.subn(lambda found: found[0] + field, declared.read_text())
    declared.write_text(source)
    declared.with_suffix(".2.sql").write_text(block(page, "sql"))
    migrated = headrace.run("app", "migrate")
    send(topic, block(stream, "json").replace("i-1", "by the worker of before"))
    wait(headrace, worker, topic, 1)
    worker.restart()
    send(topic, block(page, "json"))
    wait(headrace, worker, topic, 2)

    assert count == 1
    assert "migrated to ad_impressions.2.sql" in migrated.stdout, migrated.stderr
    command, expected = block(page, "console").split("\n", 1)
    before = "DELETE FROM ad_impressions WHERE impression_id LIKE 'by the%' RETURNING placement"
    assert headrace.query(before) == [(None,)]
    sql = re.search(r"'(.*)'", command)
    assert sql is not None
    assert psql(headrace.database, sql[1]) == expected.rstrip().splitlines()


def send(topic: Topic, event: str) -> None:
    now = {"time": datetime.now(UTC).isoformat()}
    topic.produce([json.dumps(json.loads(event) | now).encode()])


def wait(headrace: Headrace, worker: Worker, topic: Topic, last: int) -> None:
    stored = "SELECT last_offset FROM stream_positions WHERE topic = $1"
    worker.wait_until(lambda: headrace.query(stored, topic.name) == [(last,)], "at the record")
