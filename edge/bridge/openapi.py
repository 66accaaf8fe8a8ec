"""The bridge's part of our OpenAPI: the operations of Strimzi's that we have, by its names."""

from __future__ import annotations

from typing import Any

from edge.bridge.errors import MEDIA_TYPE
from edge.bridge.formats import FORMATS

Document = dict[str, Any]

_TOPIC = {"name": "topicname", "in": "path", "required": True, "schema": {"type": "string"}}
_PARTITION = {
    "name": "partitionid",
    "in": "path",
    "required": True,
    "schema": {"type": "integer", "format": "int32", "minimum": 0},
}
_ASYNC = {
    "name": "async",
    "in": "query",
    "description": "Answer at once, without offsets, before Kafka has the records.",
    "schema": {"type": "boolean", "default": False},
}
_INTEGER = {"type": "integer", "format": "int64"}


def document(version: str) -> Document:
    """Give the whole document, as `GET /openapi` has it."""
    about = {
        "title": "Headrace's bridge for Apache Kafka",
        "description": "The produce side of Strimzi's HTTP bridge.",
        "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        "version": version,
    }
    return {
        "openapi": "3.1.0",
        "info": about,
        "paths": paths(),
        "components": {"schemas": schemas()},
    }


def paths() -> Document:
    """Give the paths, for a document of all that an edge has too."""
    there, one = [_TOPIC], [_TOPIC, _PARTITION]
    topic, partition = "/topics/{topicname}", "/topics/{topicname}/partitions/{partitionid}"
    found = {"type": "array", "items": _ref("PartitionMetadata")}
    names = {"type": "array", "items": {"type": "string"}}
    return {
        "/topics": {"get": _get("listTopics", "The topics that may be written.", names)},
        topic: {
            "parameters": there,
            "get": _get("getTopic", "A topic's partitions and settings.", _ref("TopicMetadata")),
            "post": _post("send", "ProducerRecordList"),
        },
        f"{topic}/partitions": {
            "parameters": there,
            "get": _get("listPartitions", "A topic's partitions.", found),
        },
        partition: {
            "parameters": one,
            "get": _get("getPartition", "One partition.", _ref("PartitionMetadata")),
            "post": _post("sendToPartition", "ProducerRecordToPartitionList"),
        },
        f"{partition}/offsets": {
            "parameters": one,
            "get": _get("getOffsets", "Its first and its next offset.", _ref("OffsetsSummary")),
        },
        "/": {"get": _told("info", "Its name and version.")},
        "/openapi": {"get": _told("openapi", "This document.")},
        "/healthy": {"get": _state("healthy", "It runs.")},
        "/ready": {"get": _state("ready", "It can take records.")},
    }


def route_path(path: str) -> str:
    """Give the path as our routes name its parameters."""
    return path.replace("{topicname}", "{topic}").replace("{partitionid}", "{partition}")


def schemas() -> Document:
    """Give what the paths refer to."""
    value = {"description": "JSON, text, or base64, as the Content-Type says"}
    to_partition = {
        "value": value,
        "key": value,
        "timestamp": {**_INTEGER, "minimum": 0, "description": "milliseconds"},
        "headers": {"type": ["array", "null"], "items": _ref("KafkaHeader")},
    }
    number = {"type": ["integer", "null"], "format": "int32", "minimum": 0}
    record = {**to_partition, "partition": number}
    error = {"error_code": {"type": "integer"}, "message": {"type": "string"}}
    texts = {"type": "array", "items": {"type": "string"}}
    flag = {"type": "boolean"}
    return {
        "KafkaHeader": _object(
            {"key": {"type": "string"}, "value": {"type": "string", "format": "byte"}}, closed=True
        ),
        "ProducerRecord": _object(record, "value", closed=True),
        "ProducerRecordList": _list("records", "ProducerRecord", closed=True),
        "ProducerRecordToPartition": _object(to_partition, "value", closed=True),
        "ProducerRecordToPartitionList": _list("records", "ProducerRecordToPartition", closed=True),
        "OffsetRecordSent": {
            "oneOf": [
                _object({"partition": {"type": "integer"}, "offset": _INTEGER}),
                _object(error),
            ]
        },
        "OffsetRecordSentList": _list("offsets", "OffsetRecordSent"),
        "OffsetsSummary": _object({"beginning_offset": _INTEGER, "end_offset": _INTEGER}),
        "Replica": _object({"broker": {"type": "integer"}, "leader": flag, "in_sync": flag}),
        "PartitionMetadata": _object(
            {
                "partition": {"type": "integer"},
                "leader": {"type": "integer"},
                "replicas": {"type": "array", "items": _ref("Replica")},
            }
        ),
        "TopicMetadata": _object(
            {
                "name": {"type": "string"},
                "configs": {"type": "object", "additionalProperties": {"type": "string"}},
                "partitions": {"type": "array", "items": _ref("PartitionMetadata")},
            }
        ),
        "Error": _object({**error, "validation_errors": texts}, "error_code", "message"),
    }


def _ref(name: str) -> Document:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(properties: Document, *required: str, closed: bool = False) -> Document:
    """Describe an object; what is required is everything where nothing is named."""
    shape: Document = {
        "type": "object",
        "properties": properties,
        "required": list(required or properties),
    }
    return shape | {"additionalProperties": False} if closed else shape


def _list(name: str, of: str, *, closed: bool = False) -> Document:
    return _object({name: {"type": "array", "items": _ref(of)}}, closed=closed)


def _content(schema: Document) -> Document:
    return {MEDIA_TYPE: {"schema": schema}}


def _errors(*statuses: str) -> Document:
    return {
        status: {"description": "An error.", "content": _content(_ref("Error"))}
        for status in statuses
    }


def _get(operation: str, what: str, schema: Document) -> Document:
    answers = {"200": {"description": what, "content": _content(schema)}}
    return _operation(operation, what, answers | _errors("404", "422", "503"))


def _told(operation: str, what: str) -> Document:
    content = {"application/json": {"schema": {"type": "object"}}}
    return _operation(operation, what, {"200": {"description": what, "content": content}})


def _state(operation: str, what: str) -> Document:
    return _operation(operation, what, {"200": {"description": what}} | _errors("500"))


def _post(operation: str, schema: str) -> Document:
    what = "Records sent: where each of them is, or why it is not."
    answers = {
        "200": {"description": what, "content": _content(_ref("OffsetRecordSentList"))},
        "204": {"description": "Records taken, of an asynchronous request."},
    }
    body = {name: {"schema": _ref(schema)} for name in FORMATS}
    return {
        **_operation(
            operation, "Send records.", answers | _errors("404", "413", "415", "422", "429", "503")
        ),
        "parameters": [_ASYNC],
        "requestBody": {"required": True, "content": body},
    }


def _operation(operation: str, what: str, answers: Document) -> Document:
    return {"operationId": operation, "tags": ["Bridge"], "summary": what, "responses": answers}
