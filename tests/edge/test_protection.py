"""Keys, limits, CORS and proxies, at an edge that is configured with all of them."""

import http.client
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from devstack.engines import Kafka
from devstack.processes.watchdog import Watchdog
from edge.keys import ApiKey, hash_of, new_key
from tests.edge.edge_process import Answer, EdgeProcess, edge_process
from tests.edge.topics import everything
from tests.integration.events import heartbeat

STREAM = "content_sessions"
PAGE = "https://tv.example"
RECORDS = b'{"records":[{"value":{}}]}'
LINE = b'sid="s",su'


@dataclass
class Guarded:
    """An edge, its file of keys, and the keys in it."""

    edge: EdgeProcess
    file: Path
    keys: dict[str, str]

    def post(self, key: str, count: int = 1, **headers: str) -> Answer:
        headers = {"authorization": f"Bearer {self.keys.get(key, key)}", **headers}
        return self.edge.post(STREAM, b"\n".join([heartbeat()] * count), **headers)


@pytest.fixture(scope="module")
def guarded(
    kafka: Kafka, tmp_path_factory: pytest.TempPathFactory, watchdog: Watchdog
) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("guarded")
    keys = {name: new_key() for name in ("any", "slow", "few", "shop", "old")}
    file = folder / "keys.yaml"
    rate: dict[str, object] = {"events_per_second": 1}
    write(file, keys, slow=rate, few=rate, shop={"streams": ["purchases"]})
    edge = edge_process(
        kafka.address,
        folder,
        watchdog,
        {
            "HEADRACE_EDGE_KEYS_FILE": str(file),
            "HEADRACE_EDGE_CORS_ORIGINS": PAGE,
            "HEADRACE_EDGE_TRUSTED_PROXIES": "127.0.0.0/8,10.0.0.0/8",
            "HEADRACE_EDGE_CLIENT_EVENTS_PER_SECOND": "500",
            "HEADRACE_EDGE_ACCESS_LOG": "true",
        },
    )
    edge.start()
    yield Guarded(edge, file, keys)
    edge.child.kill()


def write(file: Path, keys: dict[str, str], **more: dict[str, object]) -> None:
    entries = [{"name": it, "sha256": hash_of(key), **more.get(it, {})} for it, key in keys.items()]
    new = file.with_suffix(".new")
    new.write_text(json.dumps({"keys": entries}))
    new.replace(file)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({}, id="none"),
        pytest.param({"authorization": "Bearer hr_guess"}, id="another"),
        pytest.param({"authorization": "Basic YTpi"}, id="of another kind"),
        pytest.param({"x-api-key": "\xff"}, id="no letters"),
    ],
)
def test_without_a_valid_key_nothing_is_taken(guarded: Guarded, given: dict[str, str]) -> None:
    answer = guarded.edge.ask("POST", f"/v1/events/{STREAM}", heartbeat(), given)

    assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_a_key_is_given_by_a_header_or_where_there_is_none_by_the_query(guarded: Guarded) -> None:
    path, key = f"/v1/events/{STREAM}", guarded.keys["any"]

    answers = [
        guarded.post("any"),
        guarded.edge.ask("POST", path, heartbeat(), {"X-Api-Key": key}),
        guarded.edge.ask("POST", f"{path}?key={key}", heartbeat()),
    ]

    assert [answer.status for answer in answers] == [202] * 3


def test_a_key_writes_only_to_its_streams(guarded: Guarded) -> None:
    answer = guarded.post("shop")

    assert answer.status == 403
    assert STREAM in answer.json["detail"]


@pytest.mark.parametrize(
    ("path", "content_type", "body"),
    [
        pytest.param("/topics/{topic}", "application/vnd.kafka.json.v2+json", RECORDS, id="bridge"),
        pytest.param(
            "/topics/{topic}/partitions/0",
            "application/vnd.kafka.json.v2+json",
            RECORDS,
            id="a partition",
        ),
        pytest.param(
            "/topics/{topic}?async=true", "application/vnd.kafka.json.v2+json", RECORDS, id="async"
        ),
        pytest.param("/v1/cmcd", "application/cmcd", LINE, id="CMCD"),
        pytest.param("/v1/cmcd/cdn/path", "application/cmcd", LINE, id="CMCD of a CDN"),
        pytest.param("/v1/cmcd?CMCD=sid%3D%22s%22%2Csu", "text/plain", b"", id="CMCD's query"),
    ],
)
def test_bridge_and_cmcd_ask_for_the_same_keys(
    guarded: Guarded, path: str, content_type: str, body: bytes
) -> None:
    topic = guarded.edge.topic(STREAM)
    before = len(everything(topic))

    def send(key: str) -> int:
        headers = {"content-type": content_type, "x-api-key": guarded.keys.get(key, key)}
        headers["x-forwarded-for"] = "198.18.0.0"
        named = path.format(topic=topic.name)
        return guarded.edge.ask("POST", named, body, headers).status

    assert (send(""), send("hr_guess"), send("shop")) == (401, 401, 403)
    assert len(everything(topic)) == before
    assert send("any") in {200, 202, 204}


@pytest.mark.parametrize(
    "path", ["/topics", "/topics/{topic}", "/topics/{topic}/partitions/0/offsets", "/v1/cmcd"]
)
def test_without_a_key_nothing_is_told_of_topics(guarded: Guarded, path: str) -> None:
    named = path.format(topic=guarded.edge.topic(STREAM).name)
    headers = {"x-forwarded-for": "198.18.0.1"}

    assert guarded.edge.ask("GET", named, None, headers).status == 401
    assert guarded.edge.ask("HEAD", named, None, headers).status == 401


@pytest.mark.parametrize(
    ("path", "content_type", "body"),
    [
        ("/topics/{topic}", "application/vnd.kafka.json.v2+json", RECORDS),
        ("/v1/cmcd", "application/cmcd", LINE),
    ],
)
def test_the_rate_of_a_key_holds_on_bridge_and_cmcd(
    guarded: Guarded, path: str, content_type: str, body: bytes
) -> None:
    headers = {"x-api-key": guarded.keys["few"], "x-forwarded-for": "198.18.0.2"}
    guarded.edge.post(STREAM, b"\n".join([heartbeat()] * 1_000), **headers)
    headers["content-type"] = content_type

    named = path.format(topic=guarded.edge.topic(STREAM).name)
    answers = [guarded.edge.ask("POST", named, body, headers) for _ in range(3)]

    assert 429 in [it.status for it in answers]
    assert all("retry-after" in it.headers for it in answers if it.status == 429)


def test_who_sends_more_than_a_key_may_is_told_when_to_come_again(guarded: Guarded) -> None:
    taken = guarded.post("slow", 1_000)  # a whole body always passes
    more = guarded.post("slow", 30, origin=PAGE)
    other = guarded.post("any")

    assert (taken.status, more.status, other.status) == (202, 429, 202)
    assert 1 <= int(more.headers["retry-after"]) <= 31
    assert more.headers["content-type"] == "application/problem+json"
    assert "retry-after" in more.headers["access-control-expose-headers"]


def test_clients_behind_a_trusted_proxy_are_told_apart(guarded: Guarded) -> None:
    def send(forwarded: str) -> int:
        return guarded.post("any", 1_000, x_forwarded_for=forwarded).status

    first = send("203.0.113.1")
    again = send("203.0.113.1, 10.1.2.3")
    feigned = send("198.51.100.7, 203.0.113.1")
    other = send("203.0.113.2")

    assert (first, again, feigned, other) == (202, 429, 429, 202)


def test_a_client_cannot_put_an_address_of_its_own_before_a_proxys(guarded: Guarded) -> None:
    body = b"\n".join([heartbeat()] * 1_000)

    def send(feigned: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", guarded.edge.port, timeout=60)
        connection.putrequest("POST", f"/v1/events/{STREAM}?key={guarded.keys['any']}")
        for name, value in (
            ("Content-Type", "text/plain"),
            ("Content-Length", str(len(body))),
            ("X-Forwarded-For", feigned),
            ("X-Forwarded-For", "192.0.2.9"),
        ):
            connection.putheader(name, value)
        connection.endheaders(body)
        status = connection.getresponse().status
        connection.close()
        return status

    assert [send("192.0.2.10"), send("192.0.2.11")] == [202, 429]


def test_pages_of_allowed_origins_may_send(guarded: Guarded) -> None:
    asked = {
        "origin": PAGE,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,authorization",
    }

    preflight = guarded.edge.ask("OPTIONS", f"/v1/events/{STREAM}", None, asked)
    sent = guarded.post("any", origin=PAGE)
    elsewhere = guarded.post("any", origin="https://evil.example")

    assert preflight.status == 204
    assert preflight.headers["access-control-allow-methods"] == "POST, OPTIONS"
    assert preflight.headers["access-control-allow-headers"] == "content-type, authorization"
    assert sent.headers["access-control-allow-origin"] == PAGE
    assert sent.headers["vary"] == "origin"
    assert "access-control-allow-origin" not in elsewhere.headers


def test_keys_change_without_a_restart(guarded: Guarded) -> None:
    new = new_key()
    assert guarded.post("old").status == 202

    write(guarded.file, {**guarded.keys, "old": new}, slow={"events_per_second": 1})

    guarded.edge.wait_until(lambda: guarded.post(new).status == 202, "at the new key")
    assert guarded.post("old").status == 401
    guarded.file.write_text("keys: [")  # what cannot be read changes nothing
    guarded.edge.wait_until(lambda: "stay as they were" in guarded.edge.child.tail(9), "told")
    assert guarded.post(new).status == 202


def test_the_log_tells_each_request_and_no_secret(guarded: Guarded) -> None:
    key = guarded.keys["any"]
    guarded.edge.ask(
        "POST", f"/v1/events/{STREAM}?key={key}", heartbeat(), {"x-forwarded-for": "203.0.113.77"}
    )

    guarded.edge.wait_until(lambda: "203.0.113.0" in guarded.edge.child.log.read_text(), "told")
    log = guarded.edge.child.log.read_text()
    line = json.loads(next(it for it in log.splitlines() if "203.0.113.0" in it))
    assert (line["method"], line["path"], line["key"]) == ("POST", f"/v1/events/{STREAM}", "any")
    assert not [it for it in guarded.keys.values() if it in log]
    assert "203.0.113.77" not in log


def test_metrics_tell_what_came(guarded: Guarded) -> None:
    guarded.post("any")

    address = f"http://127.0.0.1:{guarded.edge.metrics_port}/metrics"
    with urllib.request.urlopen(address, timeout=20) as answer:
        page = answer.read().decode()

    assert (
        'headrace_edge_requests_total{role="edge",route="/v1/events/{stream}",status="202"}' in page
    )
    assert f'headrace_edge_events_total{{role="edge",stream="{STREAM}"}}' in page
    assert 'headrace_ready{role="edge"} 1.0' in page


@pytest.mark.parametrize(
    ("settings", "arguments", "words"),
    [
        pytest.param({}, ["--host", "0.0.0.0"], "API keys", id="no keys"),  # noqa: S104 - refused
        pytest.param({}, ["--host", "edge.example"], "API keys", id="no keys, by name"),
        pytest.param({"KEYS": "secret"}, [], "HEADRACE_EDGE_KEYS: expected", id="no key at all"),
        pytest.param({"KEYS_FILE": "/nowhere"}, [], "cannot be read", id="no file"),
        pytest.param(
            {"TLS_CERT": "cert.pem"}, [], "Error: HEADRACE_EDGE_TLS_CERT and", id="half of TLS"
        ),
        pytest.param(
            {}, ["--new-key", "tv app secret"], "--new-key: a name has 1 to 64", id="name"
        ),
        pytest.param({}, ["--new-key", ""], "--new-key: a name has 1 to 64", id="no name"),
        pytest.param({"TRUSTED_PROXIES": "secret"}, [], "10.0.0.0/8", id="no network"),
    ],
)
def test_an_edge_that_is_configured_wrongly_does_not_start(
    settings: dict[str, str], arguments: list[str], words: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app", "edge", *arguments],
        env=os.environ | {f"HEADRACE_EDGE_{name}": value for name, value in settings.items()},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode > 0
    assert words in done.stderr
    assert "secret" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_new_key_is_what_its_hash_says() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app", "edge", "--new-key", "tv-app"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    key = next(it.strip() for it in done.stdout.splitlines() if it.strip().startswith("hr_"))
    assert f"sha256: {hash_of(key)}" in done.stdout
    assert ApiKey(name="tv-app", sha256=hash_of(key)).streams == ()
