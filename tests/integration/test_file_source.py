"""A source of files is a role: real processes, killed on the way to the rows, and an end with 0."""

import json
import sys
from pathlib import Path

from devstack.place.free_ports import free_port
from devstack.processes.child import Child
from telemetry.fault_points import SOURCE_POINTS
from tests.integration.headrace import Headrace
from tests.integration.worker import Worker

_YAML = """\
sources:
  history:
    kind: file
    stream: content_sessions
    path: {path}
    once: {once}
    look_seconds: 0.05
    commit_seconds: 0.05
"""


def _source(headrace: Headrace, path: Path, *, once: bool) -> Worker:
    """Write headrace.yaml, and make the source's process, not started yet."""
    file = headrace.folder / "headrace.yaml"
    file.write_text(_YAML.format(path=path, once=str(once).lower()), encoding="utf-8")
    headrace.more["HEADRACE_CONFIG"] = str(file)
    port, metrics_port = free_port(), free_port()
    ports = {"HEADRACE_WEB_PORT": str(port), "HEADRACE_METRICS_PORT": str(metrics_port)}
    child = Child(
        "source-history",
        [sys.executable, "-m", "app", "worker", "--role", "source-history"],
        headrace.folder / "source-history.log",
        environment={**headrace.settings, **ports},
        watchdog=headrace.watchdog,
    )
    worker = Worker(child, port, metrics_port)
    headrace.workers.append(worker)
    return worker


def _write(file: Path, begin: int, end: int) -> None:
    with file.open("a", encoding="utf-8") as more:
        more.writelines(
            json.dumps(
                {
                    "time": f"2026-11-25T10:00:{number % 60:02}Z",
                    "session_id": f"s{number}",
                    "platform": "web",
                    "channel": "news",
                    "asn": 3320,
                    "current_cdn": "Fastly",
                    "video_profile_kbps": 4_000,
                }
            )
            + "\n"
            for number in range(begin, end)
        )


def test_each_line_is_a_row_once_whenever_the_source_is_killed(headrace: Headrace) -> None:
    folder = headrace.folder / "events"
    folder.mkdir()
    file = folder / "a.jsonl"
    core = headrace.worker()
    core.start()
    source = _source(headrace, folder, once=False)
    written = 0
    unharmed = source.child.environment
    for point in SOURCE_POINTS:
        source.child.environment = {**unharmed, "HEADRACE_FAULT": f"{point}:kill:1"}
        _write(file, written, written + 50)
        written += 50
        source.child.start()
        source.wait_until_it_ends()
    source.child.environment = unharmed
    _write(file, written, written + 50)
    with file.open("a", encoding="utf-8") as more:
        more.write("no json\n")
    source.start()

    sessions = "SELECT count(*), count(DISTINCT session_id) FROM content_sessions"
    core.wait_until(lambda: headrace.query(sessions)[0][0] >= written + 50, "at all rows")
    letters = "SELECT count(*) FROM event_dead_letters"
    core.wait_until(lambda: headrace.query(letters) == [(1,)], "at the dead letter")

    assert headrace.query(sessions) == [(written + 50, written + 50)]
    progress = source.status()["source"]["progress"]
    assert progress == f"1 of 1 files read, {written + 51} lines or rows"


def test_once_ends_with_0_when_all_is_read_and_with_2_when_something_is_not(
    headrace: Headrace,
) -> None:
    file = headrace.folder / "a.jsonl"
    _write(file, 0, 5)
    source = _source(headrace, file, once=True)
    source.child.start()
    told = source.wait_until_it_ends()
    assert source.child.returncode == 0
    assert "1 of 1 files read, 5 lines or rows" in told

    file.write_bytes(b"PAR1 and no more")
    source.child.start()

    assert "no Parquet, or damaged" in source.wait_until_it_ends()
    assert source.child.returncode == 2

    file.unlink()
    source.child.start()

    assert "not there: make it, or correct `path`" in source.wait_until_it_ends()
    assert source.child.returncode == 2
