"""docs/guides/change-a-schema.md, word for word: history with a new required field, swapped in."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from devstack.engines import Postgres
from tests.databases import temporary_database
from tests.integration.headrace import Headrace
from tests.integration.replayed import query
from tests.integration.topics import Topic
from tests.models.examples import FORMS

pytestmark = pytest.mark.timeout(400)

PAGE = Path(__file__).parents[2] / "docs" / "guides" / "change-a-schema.md"
TABLES = """
CREATE TABLE viewing (LIKE media_events);
CREATE TABLE viewing_by_type_windows (
    window_start   timestamptz NOT NULL,
    partition      integer     NOT NULL,
    event_type     text        NOT NULL,
    events         bigint      NOT NULL,
    window_seconds integer     NOT NULL DEFAULT 60,
    PRIMARY KEY (window_start, partition, event_type)
);
CREATE VIEW viewing_by_type AS
SELECT window_start, event_type, sum(events)::bigint AS events
FROM viewing_by_type_windows GROUP BY 1, 2;
SELECT keep_table('viewing', 'event_time', 'raw');
SELECT keep_table('viewing_by_type_windows', 'window_start', 'windows');
"""
YAML = """\
sinks:
  archive: {{kind: parquet, path: {folder}, streams: [viewing], flush_seconds: 0.2}}
"""
STORED = "SELECT count(*) FROM viewing"


def blocks(language: str) -> list[str]:
    page = PAGE.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


@pytest.fixture
def second(postgres: Postgres) -> Iterator[str]:
    with temporary_database(postgres, "second") as name:
        yield postgres.dsn(name)


def viewing(count: int, minutes_ago: int) -> list[bytes]:
    """Make events of the three versions, an unknown field in some."""
    forms = [FORMS[f"media_events {version}"] for version in ("1.0", "1.1", "2.0")]
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    made = []
    for nth in range(count):
        form = forms[nth % 3]
        time = (at + timedelta(seconds=nth)).isoformat()
        fields = {"event_time" if form.version == "2.0" else "timestamp": time, "of_ours": nth % 5}
        made.append(form.event(event_id=f"e-{nth}-{minutes_ago}", **fields))
    return made


async def test_history_gets_the_new_field_and_is_swapped_in(
    headrace: Headrace, second: str, tmp_path: Path
) -> None:
    before, after = blocks("python")
    old, new = tmp_path / "viewing.py", tmp_path / "new" / "viewing.py"
    new.parent.mkdir()
    for file, declared in ((old, before), (new, after)):
        file.write_text(declared)
        file.with_suffix(".sql").write_text(TABLES)
    new.with_name("viewing.2.sql").write_text(blocks("sql")[0])
    config = tmp_path / "headrace.yaml"
    config.write_text(YAML.format(folder=tmp_path / "archive"))
    headrace.more |= {
        "HEADRACE_STREAM_FILES": str(old),
        "HEADRACE_STREAMS": "viewing",
        "HEADRACE_CONFIG": str(config),
    }
    topic = Topic(headrace.topic.broker, f"{headrace.prefix}viewing")
    core, archive = headrace.worker(), headrace.worker({"HEADRACE_ROLE": "archive"})
    core.start()
    archive.start()
    kept = tmp_path / "archive"
    topic.produce(viewing(300, 30))
    core.wait_until(lambda: headrace.query(STORED) == [(300,)], "at 300 rows")
    archive.wait_until(lambda: archived(kept) == 300, "at 300 rows")

    headrace.more["HEADRACE_STREAM_FILES"] = str(new)
    replayed = headrace.run(
        "app", "replay", "--stream", "viewing", "--source", "parquet", "--into", second
    )
    topic.produce(viewing(30, 10))  # while people compare
    core.wait_until(lambda: headrace.query(STORED) == [(330,)], "at 330 rows")

    assert replayed.returncode == 0, replayed.stderr
    assert re.findall(r"^\w+ +\d+$", replayed.stdout, re.MULTILINE) == [
        "read     300",
        "sent     300",
        "refused  0",
        "stored   300",
    ]
    windows, versions = blocks("sql")[1].strip().split("\n")
    span = " WHERE window_start < now() - interval '15 minutes' ORDER BY"
    both = [
        await query(dsn, windows.replace(" ORDER BY", span)) for dsn in (headrace.database, second)
    ]
    assert both[0] == both[1]
    assert [row[:2] for row in await query(second, versions)] == [
        ("1.0", 100),
        ("1.1", 100),
        ("2.0", 100),
    ]
    assert await query(second, blocks("sql")[2]) == [(0,)]
    assert await query(second, "SELECT DISTINCT watched_percent FROM viewing") == [(1,)]
    old_rows = (
        "SELECT event_id, extra::text, position_seconds FROM viewing WHERE kafka_offset < 300"
    )
    found = [sorted(await query(dsn, old_rows)) for dsn in (headrace.database, second)]
    assert found[0] == found[1]

    core.stop()
    swapped = headrace.worker({"HEADRACE_DATABASE": second})
    swapped.start()
    third = json.loads(FORMS["media_events 1.1"].event(schema_version="3.0", watched_percent=7))
    third["timestamp"] = datetime.now(UTC).isoformat()
    topic.produce([json.dumps(third).encode()])
    counted = "SELECT count(*), count(DISTINCT kafka_offset), max(watched_percent) FROM viewing"
    swapped.wait_until(lambda: asked(headrace, second, counted) == [(331, 331, 7)], "at 331 rows")
    assert asked(headrace, second, "SELECT sum(events)::int FROM viewing_by_type") == [(331,)]


def asked(headrace: Headrace, dsn: str, sql: str) -> list[tuple[object, ...]]:
    return Headrace(headrace.topic, headrace.prefix, dsn, headrace.folder, headrace.watchdog).query(
        sql
    )


def archived(folder: Path) -> int:
    """Count the rows of all files."""
    return sum(
        pq.read_metadata(file).num_rows for file in folder.glob("*viewing/*/*/*/*/*.parquet")
    )
