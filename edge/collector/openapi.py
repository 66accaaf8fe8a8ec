"""What OpenAPI tells of the collector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TEXT = {"type": "string"}
_SAID = [
    {"name": "platform", "in": "query", "schema": _TEXT, "description": "device family"},
    {"name": "player", "in": "query", "schema": _TEXT, "description": "which player it is"},
    {
        "name": "CMCD",
        "in": "query",
        "schema": _TEXT,
        "description": "a dictionary of CTA-5004; the headers CMCD-Object, CMCD-Request, "
        "CMCD-Session and CMCD-Status are as good",
    },
]
_TAKEN = {
    "type": "object",
    "properties": {
        "accepted": {"type": "integer", "description": "heartbeats that Kafka has for good"},
        "passed": {"type": "integer", "description": "lines that tell of no viewing"},
        "repeated": {"type": "integer", "description": "lines that were here before"},
        "refused": {"$ref": "#/components/schemas/Refused"},
    },
    "required": ["accepted", "passed", "repeated", "refused"],
}
_RESPONSES = {
    "202": {
        "description": "Kafka has all of it, refused lines included",
        "content": {"application/json": {"schema": _TAKEN}},
    },
    "204": {"description": "Kafka has what query or headers said"},
    "410": {"description": "stop: no session of it is to report"},
}
_BODIES = {
    "application/cmcd": {"schema": {"type": "string", "description": "one dictionary a line"}},
    "text/uri-list": {"schema": {"type": "string", "description": "addresses with ?CMCD="}},
    "application/json": {
        "schema": {"anyOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}]}
    },
}

GET: Mapping[str, Any] = {
    "tags": ["CMCD"],
    "summary": "A player's request, mirrored by a CDN",
    "parameters": _SAID,
    "responses": _RESPONSES,
}
POST: Mapping[str, Any] = {
    "tags": ["CMCD"],
    "summary": "What players report: event mode, or requests as with GET",
    "parameters": _SAID,
    "requestBody": {"content": _BODIES},
    "responses": _RESPONSES,
}
