"""One address, three answers: a page for people, its live part for browsers, JSON for programs."""

from typing import Literal

Wanted = Literal["page", "events", "json"]


def wanted(accept: str, method: str = "GET") -> Wanted:
    """Say what a request asks for: JSON, unless it prefers text/html or asks for events."""
    qualities = dict(_quality(part) for part in accept.lower().split(","))
    if method == "GET" and qualities.get("text/event-stream", 0) > 0:
        return "events"
    html = qualities.get("text/html", 0)
    return "page" if html > 0 and html >= qualities.get("application/json", 0) else "json"


def _quality(part: str) -> tuple[str, float]:
    kind, *parameters = (word.strip() for word in part.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return kind, float(value)
            except ValueError:
                return kind, 0.0
    return kind, 1.0
