"""What clients of Strimzi's bridge ask about topics and about the bridge."""

import json

import pytest

from tests.edge.bridge.conftest import Bridge

_PARTITION = {"replicas": [{"broker": 1, "in_sync": True, "leader": True}], "leader": 1}


def test_only_topics_that_may_be_written_are_listed(bridge: Bridge) -> None:
    answer = bridge.edge.ask("GET", "/topics")

    assert answer.headers["content-type"] == "application/vnd.kafka.v2+json"
    assert answer.json == sorted([bridge.plain.name, bridge.stream.name])


def test_the_log_says_at_the_start_which_named_topic_is_not_there(bridge: Bridge) -> None:
    log = bridge.edge.child.log.read_text()

    assert log.count("HEADRACE_EDGE_BRIDGE_TOPICS: Kafka has no topic") == 1
    assert "at place 3 of 3" in log


def test_a_topic_with_its_settings_and_partitions(bridge: Bridge) -> None:
    told = bridge.edge.ask("GET", f"/topics/{bridge.plain.name}").json

    assert told["name"] == bridge.plain.name
    assert told["configs"]["cleanup.policy"] == "delete"
    assert [one["partition"] for one in told["partitions"]] == [0, 1, 2]


def test_partitions_and_one_of_them(bridge: Bridge) -> None:
    path = f"/topics/{bridge.plain.name}/partitions"

    listed, one = bridge.edge.ask("GET", path).json, bridge.edge.ask("GET", f"{path}/1").json

    assert listed[1] == one
    assert one["partition"] == 1
    assert one["replicas"] == [{"broker": one["leader"], "leader": True, "in_sync": True}]


def test_the_offsets_of_a_partition(bridge: Bridge) -> None:
    path = f"/topics/{bridge.plain.name}/partitions/2"
    for _ in range(2):
        bridge.send(bridge.plain, json.dumps({"records": [{"value": 1, "partition": 2}]}))

    told = bridge.edge.ask("GET", f"{path}/offsets").json

    assert told == {"beginning_offset": 0, "end_offset": 2}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/topics/unknown", 404),
        ("/topics/unknown/partitions", 404),
        ("/topics/{topic}/partitions/3", 404),
        ("/topics/{topic}/partitions/3/offsets", 404),
        ("/topics/{topic}/partitions/x", 422),
        ("/topics/__consumer_offsets", 404),
    ],
)
def test_what_is_not_there_is_told_in_the_bridges_form(
    bridge: Bridge, path: str, status: int
) -> None:
    answer = bridge.edge.ask("GET", path.format(topic=bridge.plain.name))

    assert (answer.status, answer.json["error_code"]) == (status, status)


@pytest.mark.parametrize("path", ["/healthy", "/ready"])
def test_it_is_healthy_and_ready(bridge: Bridge, path: str) -> None:
    assert bridge.edge.ask("GET", path).status == 200


def test_it_tells_its_version_and_its_openapi(bridge: Bridge) -> None:
    info, openapi = bridge.edge.ask("GET", "/").json, bridge.edge.ask("GET", "/openapi").json

    assert info["bridge_version"] == openapi["info"]["version"]
    operations = {one["operationId"] for path in openapi["paths"].values() for one in _of(path)}
    assert {"send", "sendToPartition", "listTopics", "getOffsets", "ready"} <= operations


def _of(path: dict[str, dict[str, str]]) -> list[dict[str, str]]:
    return [operation for method, operation in path.items() if method != "parameters"]
