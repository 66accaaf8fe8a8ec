"""A field's JSON Schema in words. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

Said = Mapping[str, Any]


def type_of(said: Said) -> str:
    """Say what a field takes, bounds included."""
    if "anyOf" in said:
        return _alternatives(said)
    if "enum" in said:
        return " or ".join(f"`{choice}`" for choice in said["enum"])
    return _NAMED[said["type"]](said)


def needed(name: str, schema: Said) -> str:
    """Say whether an event must have a field, and what is taken if it has not."""
    said = schema["properties"][name]
    if name in schema["required"]:
        return "yes"
    default = said.get("default")
    return "no" if default is None else f"no, then {default}"


def _alternatives(said: Said) -> str:
    kinds = [one for one in said["anyOf"] if one.get("type") != "null"]
    if "format" in kinds[0]:
        return "IPv4 or IPv6 address"
    if len(kinds) == 1:
        return f"{type_of(kinds[0])}, or null"
    return f"number, or a string with one, {said['$comment']}"


def _text(said: Said) -> str:
    if said.get("format") == "date-time":
        return "time, RFC 3339 with a zone"
    if "$comment" in said:
        return str(said["$comment"])
    least, most = said.get("minLength", 0), said.get("maxLength")
    if most is None:
        return "text"
    return f"text, {least} to {most:,} characters" if least else f"text, up to {most:,} characters"


def _bounds(said: Said) -> str:
    least, most = said.get("minimum"), said.get("maximum")
    if least is None or most is None:
        return ""
    return f", {least:,} to {most:,}"


def _at_most(said: Said, key: str) -> str:
    return f" of up to {said[key]}" if key in said else ""


_NAMED: Mapping[str, Callable[[Said], str]] = {
    "integer": lambda said: f"whole number{_bounds(said)}",
    "number": lambda said: f"number{_bounds(said)}",
    "string": _text,
    "array": lambda said: f"list{_at_most(said, 'maxItems')} of: {type_of(said['items'])}",
    "boolean": lambda _: "true or false",
    "object": lambda _: "object",
}
