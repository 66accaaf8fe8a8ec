"""`POST /topics/…` as clients of Strimzi's bridge send it."""

import base64
import gzip
import json
import time
from typing import Any

import pytest
from confluent_kafka import Consumer, Message, TopicPartition

from tests.edge.bridge.conftest import TYPE, Bridge
from tests.edge.edge_process import Answer
from tests.edge.kafka_records import end_of
from tests.integration.events import heartbeat
from tests.integration.topics import Topic


def records(*listed: dict[str, Any]) -> str:
    return json.dumps({"records": listed})


def record_at(topic: Topic, place: dict[str, int]) -> Message:
    """Read the record that an answer tells of."""
    consumer = Consumer({"bootstrap.servers": topic.broker, "group.id": "reader"})
    consumer.assign([TopicPartition(topic.name, place["partition"], place["offset"])])
    (message,) = consumer.consume(1, timeout=20)
    consumer.close()
    return message


def offsets(answer: Answer) -> list[dict[str, Any]]:
    assert (answer.status, answer.headers["content-type"]) == (200, "application/vnd.kafka.v2+json")
    listed: list[dict[str, Any]] = answer.json["offsets"]
    return listed


def base64_of(value: bytes) -> str:
    return base64.b64encode(value).decode()


@pytest.mark.parametrize(
    ("form", "value", "key", "written"),
    [
        pytest.param("json", {"a": 1.50}, {"k": 1}, (b'{"a": 1.5}', b'{"k": 1}'), id="json"),
        pytest.param("json", "text", "key", (b'"text"', b'"key"'), id="json strings"),
        pytest.param("json", [1, "\u00e9"], 7, (b'[1, "\\u00e9"]', b"7"), id="json array"),
        pytest.param("json", None, "key", (None, b'"key"'), id="a tombstone"),
        pytest.param("text", "\u00e9", "key", ("\u00e9".encode(), b"key"), id="text"),
        pytest.param("binary", "AP8=", "AQ==", (b"\0\xff", b"\x01"), id="binary"),
    ],
)
def test_each_format_arrives_byte_for_byte(
    bridge: Bridge, form: str, value: Any, key: Any, written: tuple[bytes | None, bytes]
) -> None:
    body = records({"key": key, "value": value})

    (place,) = offsets(bridge.send(bridge.plain, body, form))

    record = record_at(bridge.plain, place)
    assert (record.value(), record.key()) == written


def test_partition_timestamp_and_headers_go_with_a_record(bridge: Bridge) -> None:
    headers = [{"key": "a", "value": base64_of(b"1")}, {"key": "a", "value": ""}]
    listed = records(
        {"value": 1, "partition": 2, "timestamp": 1_795_600_000_000, "headers": headers}
    )

    (place,) = offsets(bridge.send(bridge.plain, listed))

    record = record_at(bridge.plain, place)
    assert place["partition"] == 2
    assert record.timestamp() == (1, 1_795_600_000_000)
    assert record.headers() == [("a", b"1"), ("a", b"")]


def test_offsets_come_in_the_order_of_the_records(bridge: Bridge) -> None:
    listed = [{"value": number, "partition": number % 3} for number in range(9)]

    places = offsets(bridge.send(bridge.plain, records(*listed)))

    assert [place["partition"] for place in places] == [0, 1, 2] * 3
    read = [record_at(bridge.plain, place).value() for place in places]
    assert read == [str(number).encode() for number in range(9)]


def test_a_partition_in_the_path(bridge: Bridge) -> None:
    answer = bridge.send(bridge.plain, records({"value": 1}), path="/partitions/1")

    assert [place["partition"] for place in offsets(answer)] == [1]


def test_one_record_may_fail_alone(bridge: Bridge) -> None:
    listed = records(
        {"value": "a", "partition": 0},
        {"value": "b", "partition": 3},
        {"value": "c" * 1_000_000, "partition": 0},
        {"value": "d", "partition": 0},
    )

    first, beyond, large, last = offsets(bridge.send(bridge.plain, listed))

    assert last["offset"] == first["offset"] + 1
    assert beyond == {"error_code": 404, "message": "Invalid partition 3"}
    assert large["error_code"] == 413


def test_a_timestamp_of_zero_is_the_beginning_of_time_and_not_now(bridge: Bridge) -> None:
    (place,) = offsets(bridge.send(bridge.plain, records({"value": 1, "timestamp": 0})))

    assert record_at(bridge.plain, place).timestamp()[1] == 1  # 0 cannot be said to librdkafka


def test_async_answers_without_offsets(bridge: Bridge) -> None:
    before = end_of(bridge.plain, 0)

    answer = bridge.send(bridge.plain, records({"value": 1}), path="/partitions/0?async=true")

    assert (answer.status, answer.body) == (204, b"")
    bridge.edge.wait_until(lambda: end_of(bridge.plain, 0) == before + 1, "in Kafka")


def test_an_event_of_a_stream_is_judged_and_a_bad_one_becomes_a_dead_letter(bridge: Bridge) -> None:
    good, bad = json.loads(heartbeat()), {"session_id": "x"}
    forged = [{"key": "headrace.origin", "value": base64_of(b"somebody else")}]

    said = offsets(
        bridge.send(bridge.stream, records({"value": good}, {"value": bad, "headers": forged}))
    )

    assert said[0] == {"partition": 0, "offset": 0}
    assert said[1]["error_code"] == 422
    assert said[1]["message"].startswith("invalid: ")
    refused = record_at(bridge.stream, {"partition": 0, "offset": 1})
    assert refused.headers() == [("headrace.origin", b"edge, anyone, bridge")]


def test_an_event_is_judged_by_its_own_timestamp(bridge: Bridge) -> None:
    event = json.loads(heartbeat())

    (said,) = offsets(bridge.send(bridge.stream, records({"value": event, "timestamp": 1_000})))

    assert said["message"].startswith("from_the_future: ")


@pytest.mark.parametrize(
    ("form", "body", "named"),
    [
        pytest.param("json", b"", "no JSON", id="nothing"),
        pytest.param("json", b"{", "no JSON", id="half"),
        pytest.param("json", b"[]", "object", id="an array"),
        pytest.param("json", b"{}", "records", id="no records"),
        pytest.param("json", b'{"records": [{}]}', "value", id="no value"),
        pytest.param("json", b'{"records": [{"value": 1, "x": 2}]}', "x", id="an unknown member"),
        pytest.param("json", b'{"records": [], "x": 2}', "x", id="an unknown member beside"),
        pytest.param("json", b'{"records": [{"value": "\xff"}]}', "UTF-8", id="no UTF-8"),
        pytest.param("json", b'{"records": [{"value": NaN}]}', "no JSON", id="NaN"),
        pytest.param(
            "json",
            b'{"records": [{"value": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]}",
            "deeply",
            id="nested",
        ),
        pytest.param("text", b'{"records": [{"value": 1}]}', "value", id="a number as text"),
        pytest.param("text", b'{"records": [{"value": "\\ud800"}]}', "", id="half a character"),
        pytest.param("binary", b'{"records": [{"value": "%"}]}', "base64", id="no base64"),
        pytest.param(
            "json", b'{"records": [{"value": 1, "partition": -1}]}', "partition", id="negative"
        ),
        pytest.param(
            "json", b'{"records": [{"value": 1, "timestamp": "now"}]}', "timestamp", id="a time"
        ),
        pytest.param(
            "json",
            b'{"records": [{"value": 1, "headers": [{"key": "a", "value": "%"}]}]}',
            "base64",
            id="a header",
        ),
    ],
)
def test_what_is_no_list_of_records_is_422(
    bridge: Bridge, form: str, body: bytes, named: str
) -> None:
    answer = bridge.send(bridge.plain, body, form)

    assert (answer.status, answer.json["error_code"]) == (422, 422)
    assert named in answer.body.decode()


def test_a_partition_in_path_and_body_is_422(bridge: Bridge) -> None:
    body = records({"value": 1, "partition": 1})

    answer = bridge.send(bridge.plain, body, path="/partitions/1")

    told = "Partition specified in body and in request path"
    assert answer.json == {"error_code": 422, "message": told}


@pytest.mark.parametrize(
    ("topic", "path", "status"),
    [
        pytest.param("missing", "", 404, id="allowed but not there"),
        pytest.param("unknown", "", 404, id="unknown"),
        pytest.param("__consumer_offsets", "", 404, id="Kafka's own"),
        pytest.param(None, "/partitions/3", 404, id="a partition that is not there"),
        pytest.param(None, "/partitions/one", 422, id="a partition that is no number"),
    ],
)
def test_where_nothing_can_be_written(
    bridge: Bridge, topic: str | None, path: str, status: int
) -> None:
    name = Topic(bridge.plain.broker, topic) if topic else bridge.plain

    answer = bridge.send(name, records({"value": 1}), path=path)

    assert (answer.status, answer.json["error_code"]) == (status, status)
    assert answer.json["message"]


@pytest.mark.parametrize("content_type", ["application/json", "", "application/vnd.kafka.v2+json"])
def test_another_content_type_is_415(bridge: Bridge, content_type: str) -> None:
    path = f"/topics/{bridge.plain.name}"

    answer = bridge.edge.ask("POST", path, records({"value": 1}), {"content-type": content_type})

    assert (answer.status, answer.json["error_code"]) == (415, 415)


def test_what_is_too_much_is_413(bridge: Bridge) -> None:
    headers = {"content-type": TYPE.format("json"), "content-encoding": "gzip"}
    path = f"/topics/{bridge.plain.name}"

    many = bridge.send(bridge.plain, records(*[{"value": 1}] * 1_001))
    bomb = bridge.edge.ask("POST", path, gzip.compress(b" " * 10_000_000), headers)

    assert [many.json["error_code"], bomb.json["error_code"]] == [413, 413]


def test_a_timestamp_far_ahead_is_refused_before_it_takes_its_neighbours_with_it(
    bridge: Bridge,
) -> None:
    ahead = int(time.time() * 1_000) + 7_200_000
    before = sum(end_of(bridge.plain, partition) for partition in range(3))

    late, good = offsets(
        bridge.send(bridge.plain, records({"value": 1, "timestamp": ahead}, {"value": 2}))
    )

    assert (late["error_code"], "30 minutes" in late["message"]) == (422, True)
    assert "offset" in good
    assert sum(end_of(bridge.plain, partition) for partition in range(3)) == before + 1
