"""JSON Schema of each released form of an event, made from its contract.

What it cannot say (that a country exists, that an amount fits its currency) the contract checks all
the same; what a document says is what to send. docs/reference/schemas.md.
"""

from collections.abc import Mapping
from typing import Any

from models.events import Event
from models.streams import Stream
from models.versions import Versions

DIALECT = "https://json-schema.org/draft/2020-12/schema"
UNVERSIONED = "1.0"
"""What a stream's only form is called, if its events do not say a version."""


def contracts(stream: Stream) -> Mapping[str, type[Event]]:
    """Give each released form, the oldest first."""
    if stream.versions is None:
        return {UNVERSIONED: stream.event}
    released = stream.versions.released
    return {version: released[version].contract for version in stream.versions.ordered}


def document(stream: Stream, version: str) -> dict[str, Any]:
    """Describe one version. Raises KeyError for one that is not released."""
    made = contracts(stream)[version].model_json_schema()
    properties = {name: _without_title(said) for name, said in made["properties"].items()}
    required = list(made.get("required", ()))
    if stream.versions is not None:
        _say_version(properties, required, stream.versions, version)
    return {
        "$schema": DIALECT,
        "$id": f"urn:headrace:{stream.topic}:{version}",
        "title": f"{made['title']} {version}",
        "description": made.get("description", made["title"]),
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": True,
    }


def _without_title(said: dict[str, Any]) -> dict[str, Any]:
    # pydantic repeats the name as a title: "Event Id"
    return {key: value for key, value in said.items() if key != "title"}


def _say_version(
    properties: dict[str, Any], required: list[str], versions: Versions, version: str
) -> None:
    major = version.partition(".")[0]
    properties[versions.name]["pattern"] = rf"^{major}\.(0|[1-9][0-9]{{0,5}})$"
    if version != versions.default:  # an event that does not say is read as `default`
        properties[versions.name].pop("default", None)
        required.append(versions.name)
