"""What the settings say of sessions and networks."""

import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4
from zlib import crc32

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from devstack.engines import Kafka
from devstack.processes.watchdog import Watchdog
from tests.edge.edge_process import EdgeProcess, edge_process
from tests.edge.kafka_records import events_of

_HALF = 50


@pytest.fixture(scope="module")
def half(
    kafka: Kafka, tmp_path_factory: pytest.TempPathFactory, watchdog: Watchdog
) -> Iterator[EdgeProcess]:
    """Start an edge to which half of the sessions report, from a network that it knows."""
    folder = tmp_path_factory.mktemp("half")
    settings = {
        "HEADRACE_EDGE_CMCD_SESSIONS_PERCENT": str(_HALF),
        "HEADRACE_EDGE_NETWORK_FILES": str(_networks(folder / "asn.mmdb")),
        "HEADRACE_EDGE_TRUSTED_PROXIES": "127.0.0.1/32",
        "HEADRACE_EDGE_ASN_HEADER": "X-ASN",
    }
    edge = edge_process(kafka.address, folder, watchdog, settings)
    edge.start()
    yield edge
    edge.child.kill()


def _networks(path: Path) -> Path:
    writer = MMDBWriter(6, "Test", ["en"], "a test", ipv4_compatible=True, int_type="u32")
    writer.insert_network(IPSet(["192.0.2.0/24"]), {"autonomous_system_number": 64500})
    writer.to_db_file(str(path))
    return path


def session(*, reports: bool) -> str:
    """Make up a session that is among those that report, or is not."""
    made = (str(uuid4()) for _ in range(1_000))
    return next(sid for sid in made if (crc32(sid.encode()) % 100 < _HALF) == reports)


def line(sid: str) -> str:
    return f'e=t,sid="{sid}",sn=1,sta=p,ts={time.time_ns() // 1_000_000},v=2'


def test_a_session_of_the_others_is_told_to_stop(half: EdgeProcess) -> None:
    headers = {"content-type": "application/cmcd"}

    answer = half.ask("POST", "/v1/cmcd", line(session(reports=False)), headers)

    assert answer.status == 410


def test_of_a_mixed_batch_only_those_that_report_are_taken(half: EdgeProcess) -> None:
    stopped, reporting = session(reports=False), session(reports=True)
    body = "\n".join([line(stopped), line(reporting), "(("])

    answer = half.ask("POST", "/v1/cmcd", body, {"content-type": "application/cmcd"})

    assert (answer.status, answer.json["accepted"]) == (202, 1)
    assert [it["index"] for it in answer.json["refused"]] == [2]
    topic = half.topic("content_sessions")
    assert (len(events_of(topic, stopped)), len(events_of(topic, reporting))) == (0, 1)


@pytest.mark.parametrize(
    ("headers", "asn"),
    [
        pytest.param({"X-Forwarded-For": "192.0.2.7"}, 64_500, id="by a file"),
        pytest.param({"X-ASN": "AS64501", "X-Forwarded-For": "192.0.2.7"}, 64_501, id="by a proxy"),
        pytest.param({}, 0, id="not known"),
    ],
)
def test_the_network_of_a_viewer(half: EdgeProcess, headers: dict[str, str], asn: int) -> None:
    sid = session(reports=True)

    half.ask("POST", "/v1/cmcd", line(sid), {"content-type": "application/cmcd", **headers})

    assert [beat["asn"] for beat in events_of(half.topic("content_sessions"), sid)] == [asn]
