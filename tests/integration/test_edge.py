"""From an HTTP request to rows and dead letters, for a stream from outside too."""

from pathlib import Path

import pytest

from tests.edge.edge_process import edge_process
from tests.integration.events import heartbeat
from tests.integration.headrace import Headrace
from tests.integration.worker import Worker

OWN = """
from typing import Annotated
from pydantic import Field
from headrace import Event, EventTime, Stream, Sum, Text, Window

class Press(Event):
    time: Annotated[EventTime, Field(description="when")]
    button: Annotated[Text, Field(max_length=20, description="which")]

STREAM = Stream(topic="presses", event=Press, event_time="time", key="button",
    windows=(Window("presses_by_button", keys=("button",), measures=(Sum("events"),)),))
"""


@pytest.mark.usefixtures("database")
def test_what_an_edge_takes_is_stored_and_what_it_refuses_is_a_dead_letter_with_its_origin(
    headrace: Headrace, worker: Worker, tmp_path: Path
) -> None:
    own = tmp_path / "presses.py"
    own.write_text(OWN)
    edge = edge_process(
        headrace.topic.broker,
        tmp_path,
        headrace.watchdog,
        {
            **headrace.settings,
            "HEADRACE_STREAM_FILES": str(own),
            "HEADRACE_STREAMS": "content_sessions,presses",
        },
    )
    edge.prefix = headrace.prefix
    edge.start()
    worker.start()

    taken = edge.post("content_sessions", heartbeat() + b'\n{"asn": 1}\n' + heartbeat())
    pressed = edge.post("presses", b'[{"time": "2026-11-25T00:00:00Z", "button": "\\u0000"}]')
    headrace.wait_for_records(worker, 3)
    edge.child.kill()

    assert (taken.status, taken.json["accepted"]) == (202, 2)
    assert pressed.json["refused"][0]["reason"] in {"invalid", "expired"}
    [(reason, detail, context)] = headrace.query(
        "SELECT reason, detail, context FROM event_dead_letters"
    )
    refused = taken.json["refused"][0]
    assert (reason, detail) == (refused["reason"], refused["detail"])
    assert context == "sent by edge, anyone"
