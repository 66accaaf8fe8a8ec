"""A sink of headrace.yaml is a role of its own: real Kafka, real workers, killed on the way."""

import http.client
import json
import time
from pathlib import Path

import pytest

from tests.integration.events import heartbeat
from tests.integration.headrace import Headrace
from tests.integration.monitoring import scrape
from tests.integration.worker import Worker

_YAML = """\
sinks:
  lines:
    kind: file
    path: {folder}
    streams: [content_sessions]
    flush_seconds: {flush_seconds}
    start: {start}
"""


def sessions_in(folder: Path) -> list[str]:
    files = sorted(folder.glob("*/*/*.jsonl"))
    lines = (line for file in files for line in file.read_bytes().splitlines())
    return [json.loads(line)["session_id"] for line in lines]


def configure(headrace: Headrace, start: str = "earliest", flush_seconds: float = 0.1) -> Path:
    """Write headrace.yaml for this installation; return the sink's folder."""
    folder = headrace.folder / "lines"
    file = headrace.folder / "headrace.yaml"
    text = _YAML.format(folder=folder, start=start, flush_seconds=flush_seconds)
    file.write_text(text, encoding="utf-8")
    headrace.more["HEADRACE_CONFIG"] = str(file)
    return folder


def test_a_sink_stores_every_record_once_over_a_kill(headrace: Headrace) -> None:
    folder = configure(headrace)
    sink = headrace.worker({"HEADRACE_ROLE": "lines"})
    sink.start()
    sent = [f"s{number}" for number in range(2_000)]
    for number in range(0, 2_000, 200):
        headrace.topic.produce([heartbeat(session_id=one) for one in sent[number : number + 200]])
        if number == 800:
            sink.kill()
            sink.start()

    sink.wait_until(lambda: len(sessions_in(folder)) >= 2_000, "at 2,000 lines")

    assert sessions_in(folder) == sent
    assert headrace.records_stored() == 0  # PostgreSQL is another role's


def test_what_is_no_event_moves_the_position_and_no_more(headrace: Headrace) -> None:
    folder = configure(headrace)
    sink = headrace.worker({"HEADRACE_ROLE": "lines"})
    sink.start()

    headrace.topic.produce([b"{", heartbeat(session_id="good"), None])
    sink.wait_until(lambda: sessions_in(folder) == ["good"], "at the good one")
    headrace.topic.produce([heartbeat(session_id="next")])
    sink.wait_until(lambda: sessions_in(folder) == ["good", "next"], "at the next one")


def test_the_page_of_core_shows_the_sink_and_its_metrics_name_their_role(
    headrace: Headrace,
) -> None:
    folder = configure(headrace)
    sink = headrace.worker({"HEADRACE_ROLE": "lines"})
    of_sink = f"lines=http://127.0.0.1:{sink.port},away=http://127.0.0.1:1"
    core = headrace.worker({"HEADRACE_SINK_PAGES": of_sink})
    core.start()
    sink.start()
    headrace.topic.produce([heartbeat(session_id="one"), b"{"])
    sink.wait_until(lambda: sessions_in(folder) == ["one"], "at the line")
    headrace.wait_for_records(core, 2)

    core.wait_until(lambda: "stores" in _row(core, "lines"), "showing the sink")

    assert "no answer" in _row(core, "away")
    roles = [key[1] for one in (core, sink) for key in scrape(one, "headrace_info")]
    assert roles == ["core", "lines"]
    [stored] = scrape(sink, "headrace_bytes_stored_total").values()
    assert stored == len(heartbeat(session_id="one")) + 1
    [at] = scrape(sink, "headrace_last_stored_timestamp_seconds").values()
    assert time.time() - 120 < at <= time.time()


def _row(worker: Worker, sink: str) -> str:
    """Give the row of a further sink on a worker's page."""
    connection = http.client.HTTPConnection("127.0.0.1", worker.port, timeout=10)
    connection.request("GET", "/", headers={"Accept": "text/html"})
    html = connection.getresponse().read().decode()
    connection.close()
    rows = [row for row in html.split("<tr>") if f">{sink}</a></th>" in row]
    return rows[0] if rows else ""


def test_a_new_sink_may_begin_with_what_comes_next(headrace: Headrace) -> None:
    headrace.topic.create()
    headrace.topic.produce([heartbeat(session_id="before")])
    folder = configure(headrace, "latest")
    sink = headrace.worker({"HEADRACE_ROLE": "lines"})
    sink.start()

    headrace.topic.produce([heartbeat(session_id="after")])
    sink.wait_until(lambda: sessions_in(folder), "at the first line")

    assert sessions_in(folder) == ["after"]


@pytest.mark.parametrize(("role", "said"), [("nonsense", "no such role"), ("line", "core, lines")])
def test_an_unknown_role_is_told_in_a_line(headrace: Headrace, role: str, said: str) -> None:
    configure(headrace)

    ended = headrace.run("app", "worker", "--role", role)

    assert ended.returncode == 2
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_what_came_between_a_first_start_and_a_first_write_is_not_passed_over(
    headrace: Headrace,
) -> None:
    headrace.topic.create()
    headrace.topic.produce([heartbeat(session_id="before")])
    folder = configure(headrace, "latest", flush_seconds=3_000)
    first = headrace.worker({"HEADRACE_ROLE": "lines"})
    first.start()
    first.wait_until(lambda: list(folder.glob("*/*/checkpoint.json")), "at its beginning")
    headrace.topic.produce([heartbeat(session_id="between")])
    first.kill()

    configure(headrace, "latest")
    second = headrace.worker({"HEADRACE_ROLE": "lines"})
    second.start()
    second.wait_until(lambda: sessions_in(folder), "at the first line")

    assert sessions_in(folder) == ["between"]


def test_an_epoch_begins_in_every_sink_that_takes_the_topic(headrace: Headrace) -> None:
    folder = configure(headrace, "latest")
    core, sink = headrace.worker(), headrace.worker({"HEADRACE_ROLE": "lines"})
    headrace.topic.create()
    for worker in (core, sink):
        worker.start()
    sink.wait_until(lambda: list(folder.glob("*/*/checkpoint.json")), "at its beginning")
    headrace.topic.produce([heartbeat(session_id=f"old-{number}") for number in range(100)])
    headrace.wait_for_records(core, 100)
    sink.wait_until(lambda: len(sessions_in(folder)) == 100, "at 100 lines")
    core.stop()
    sink.stop()
    headrace.topic.delete()
    headrace.topic.create()
    headrace.topic.produce([heartbeat(session_id=f"new-{number}") for number in range(10)])
    topic = headrace.topic.name

    sink.child.start()
    refused = sink.wait_until_it_ends()
    only_lines = headrace.run("app", "epoch", "new", topic, "--sink", "lines")
    all_others = headrace.run("app", "epoch", "new", topic)
    once_more = headrace.run("app", "epoch", "new", topic)
    for worker in (core, sink):
        worker.start()

    assert "headrace epoch new" in refused
    assert (only_lines.returncode, all_others.returncode) == (0, 0), all_others.stderr
    assert "lines: " in only_lines.stdout
    assert "core" not in only_lines.stdout
    assert f"lines: holds {topic} as it is" in all_others.stdout
    assert f"core: {topic}: epoch 2 begins" in all_others.stdout
    assert once_more.returncode == 1
    assert "nothing to do" in once_more.stderr
    headrace.wait_for_records(core, 110)
    sink.wait_until(lambda: len(sessions_in(folder)) >= 110, "at 110 lines")
    assert sorted(sessions_in(folder)) == sorted(
        [*(f"old-{n}" for n in range(100)), *(f"new-{n}" for n in range(10))]
    )


def test_an_epoch_of_an_unknown_sink_is_refused(headrace: Headrace) -> None:
    configure(headrace)

    ended = headrace.run("app", "epoch", "new", headrace.topic.name, "--sink", "line")

    assert ended.returncode == 1
    assert "there are core, lines" in ended.stderr
