"""What is stored of clients by a real edge: their network, and what may be kept of addresses."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from devstack.engines import Kafka
from devstack.processes.watchdog import Watchdog
from edge.completing import address_fields
from models.all import STREAMS
from models.media_events import MEDIA_EVENTS
from models.streams import Stream
from tests.edge.edge_process import EdgeProcess, edge_process
from tests.edge.topics import everything
from tests.integration.events import heartbeat
from tests.models.examples import FORMS

KNOWN = "192.0.2.77"
MEDIA = FORMS["media_events 1.0"]
BRIDGE = "application/vnd.kafka.json.v2+json"


@pytest.fixture(scope="module")
def discreet(
    kafka: Kafka, tmp_path_factory: pytest.TempPathFactory, watchdog: Watchdog
) -> Iterator[EdgeProcess]:
    """Start an edge that knows one network, and cuts addresses."""
    folder = tmp_path_factory.mktemp("discreet")
    writer = MMDBWriter(6, "Test", ["en"], "a test", ipv4_compatible=True, int_type="u32")
    writer.insert_network(IPSet(["192.0.2.0/24"]), {"autonomous_system_number": 64500})
    writer.to_db_file(str(folder / "asn.mmdb"))
    settings = {
        "HEADRACE_STREAMS": "content_sessions,media_events",
        "HEADRACE_EDGE_NETWORK_FILES": str(folder / "asn.mmdb"),
        "HEADRACE_EDGE_TRUSTED_PROXIES": "127.0.0.1/32",
        "HEADRACE_EDGE_ADDRESSES": "truncated",
    }
    edge = edge_process(kafka.address, folder, watchdog, settings)
    edge.start()
    yield edge
    edge.child.kill()


def last(edge: EdgeProcess, stream: str) -> Any:
    return json.loads(everything(edge.topic(stream))[-1].value() or b"")


def without_network(session_id: str) -> bytes:
    event = json.loads(heartbeat(session_id=session_id))
    del event["asn"]
    return json.dumps(event).encode()


@pytest.mark.parametrize(("client", "asn"), [(KNOWN, 64500), ("198.51.100.1", 0)])
@pytest.mark.parametrize("event", [without_network("s"), heartbeat(asn=0)], ids=["none", "0"])
def test_an_event_without_a_network_gets_that_of_its_client(
    discreet: EdgeProcess, event: bytes, client: str, asn: int
) -> None:
    answer = discreet.post("content_sessions", event, x_forwarded_for=client)

    assert answer.json == {"accepted": 1, "refused": []}
    assert last(discreet, "content_sessions")["asn"] == asn


def test_one_that_names_its_network_is_in_kafka_as_it_came(discreet: EdgeProcess) -> None:
    event = json.dumps(json.loads(heartbeat(asn=7)), indent=1).encode()

    discreet.post("content_sessions", event, x_forwarded_for=KNOWN)

    assert everything(discreet.topic("content_sessions"))[-1].value() == event


@pytest.mark.parametrize("duration", [60, -1], ids=["an event", "a dead letter"])
def test_of_an_address_its_network_is_kept(discreet: EdgeProcess, duration: int) -> None:
    now = json.loads(heartbeat())["time"]
    event = MEDIA.event(timestamp=now, ip_address=KNOWN, duration_seconds=duration)

    discreet.post("media_events", event)
    by_events = last(discreet, "media_events")
    body = b'{"records": [{"value": %b}]}' % event
    path = f"/topics/{discreet.prefix}media_events"
    discreet.ask("POST", path, body, {"content-type": BRIDGE})

    assert (
        by_events
        == last(discreet, "media_events")
        == json.loads(event) | {"ip_address": "192.0.2.0"}
    )


@pytest.mark.parametrize("stream", STREAMS.values(), ids=lambda it: it.topic)
def test_addresses_are_known_by_their_type(stream: Stream) -> None:
    expected = {"ip_address"} if stream is MEDIA_EVENTS else set()

    assert address_fields(stream) == expected


def test_without_networks_an_event_has_to_name_its_own(edge: EdgeProcess) -> None:
    answer = edge.post("content_sessions", without_network("s"))

    assert answer.status == 400
    assert "asn" in answer.json["refused"][0]["detail"]
