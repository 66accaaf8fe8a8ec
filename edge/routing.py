"""From method and path to the handler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from edge.messages import Request, Response
from edge.problems import Problem

Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path: `/v1/events/{stream}` has the parameter `stream`.

    `{rest...}` at its end takes all parts that follow, one at least.
    """

    method: str
    path: str
    handler: Handler
    open: bool = False
    """Everybody may ask, without a key."""
    operation: Mapping[str, Any] = field(default_factory=dict)
    """What OpenAPI tells of it: edge/openapi.py adds parameters of the path and failures."""


@dataclass(slots=True)
class _Place:
    """What may follow in a path from here."""

    fixed: dict[str, _Place] = field(default_factory=dict)
    named: _Place | None = None
    name: str = ""
    rest: _Place | None = None
    routes: dict[str, Route] = field(default_factory=dict)


class Router:
    """Finds routes by the parts of a path; a part that is written out goes before a parameter."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Place()
        for route in routes:
            self._add(route)

    def find(self, method: str, path: str) -> tuple[Route, Mapping[str, str]]:
        """Give the route and the path's parameters. Raises Problem: 404 or 405."""
        place, parameters = self._follow(path)
        if place is None:
            raise Problem(404, "there is nothing at this path: GET /openapi.json tells all")
        if method in place.routes:
            return place.routes[method], parameters
        raise self._not_so(place)

    def methods(self, path: str) -> list[str]:
        """Say which methods a path has; none where nothing is there."""
        place, _ = self._follow(path)
        return sorted(place.routes) if place else []

    def _follow(self, path: str) -> tuple[_Place | None, Mapping[str, str]]:
        parameters: dict[str, str] = {}
        place = self._root
        parts = path[1:].split("/")
        for position, part in enumerate(parts):
            following = place.fixed.get(part)
            if following is None and part and place.named is not None:
                following = place.named
                parameters[following.name] = part
            if following is None:
                if place.rest is not None:
                    parameters[place.rest.name] = "/".join(parts[position:])
                return place.rest, parameters
            place = following
        return place, parameters

    def _not_so(self, place: _Place) -> Problem:
        if not place.routes:
            return Problem(404, "there is nothing at this path: GET /openapi.json tells all")
        allowed = ", ".join(sorted(place.routes))
        return Problem(405, f"this path takes {allowed}", ("allow", allowed))

    def _add(self, route: Route) -> None:
        place = self._root
        for part in route.path[1:].split("/"):
            if part.endswith("...}"):
                if place.rest is None:
                    place.rest = _Place(name=part[1:-4])
                place = place.rest
            elif part.startswith("{"):
                if place.named is None:
                    place.named = _Place(name=part[1:-1])
                place = place.named
            else:
                place = place.fixed.setdefault(part, _Place())
        place.routes[route.method] = route
