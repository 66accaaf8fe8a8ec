"""The OpenAPI document: made from the routes that are served and the contracts of the streams."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

from edge.messages import Request, Response, json_response
from edge.routing import Route
from models.schema import contracts, document
from models.streams import Stream

_PROBLEM = {
    "type": "object",
    "description": "RFC 9457",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "what to do"},
    },
    "required": ["type", "title", "status", "detail"],
}
_REFUSED = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "index": {"type": "integer", "description": "of the event in the body, from 0"},
            "reason": {"type": "string"},
            "detail": {"type": "string"},
            "context": {"type": "string"},
        },
        "required": ["index", "reason", "detail"],
    },
}
_TAKEN = {
    "type": "object",
    "properties": {
        "accepted": {"type": "integer", "description": "events that Kafka has for good"},
        "repeated": {"type": "integer", "description": "events that were here before"},
        "refused": {"$ref": "#/components/schemas/Refused"},
    },
    "required": ["accepted", "refused"],
}
_FAILURES = {
    "4XX": {"$ref": "#/components/responses/Problem"},
    "5XX": {"$ref": "#/components/responses/Problem"},
}


class OpenApi:
    """Serves the document, which is made once."""

    def __init__(
        self,
        routes: Iterable[Route],
        streams: Mapping[str, Stream],
        schemas: Mapping[str, Any] | None = None,
    ) -> None:
        """Take also what the operations of `routes` refer to beside what all have."""
        self._document = describe(routes, streams, schemas or {})

    async def get(self, _: Request) -> Response:
        return json_response(200, self._document)


def describe(
    routes: Iterable[Route], streams: Mapping[str, Stream], schemas: Mapping[str, Any]
) -> dict[str, Any]:
    """Make the document; OpenAPI has no words for a path of any length."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        if route.path.endswith("...}"):
            continue
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, list(streams))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Headrace edge",
            "version": version("headrace"),
            "description": "Takes events, judges them, and answers when Kafka has them.",
        },
        "paths": paths,
        "components": {
            "schemas": {
                "Problem": _PROBLEM,
                "Refused": _REFUSED,
                "Taken": _TAKEN,
                **schemas,
                **_events(streams),
            },
            "responses": {
                "Problem": {
                    "description": "what is wrong, and what to do",
                    "content": {
                        "application/problem+json": {
                            "schema": {"$ref": "#/components/schemas/Problem"}
                        }
                    },
                }
            },
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "query": {"type": "apiKey", "in": "query", "name": "key"},
            },
        },
    }


def _operation(route: Route, streams: list[str]) -> dict[str, Any]:
    named = [_parameter(name, streams) for name in re.findall(r"{(\w+)}", route.path)]
    described = dict(route.operation)
    return {
        **described,
        "parameters": [*named, *described.get("parameters", ())],
        "responses": {**described.get("responses", {"200": {"description": "OK"}}), **_FAILURES},
        "security": [] if route.open else [{"bearer": []}, {"query": []}, {}],
    }


def _parameter(name: str, streams: list[str]) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if name == "stream":
        schema["enum"] = streams
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _events(streams: Mapping[str, Stream]) -> dict[str, Any]:
    """Give a schema of each released form, and `Event`, which is any of them."""
    forms = {
        f"{name}-{released}": document(stream, released)
        for name, stream in streams.items()
        for released in contracts(stream)
    }
    for form in forms.values():
        del form["$schema"], form["$id"]
    any_of = [{"$ref": f"#/components/schemas/{name}"} for name in forms]
    return {**forms, "Event": {"anyOf": any_of}}
