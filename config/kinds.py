"""Kinds of sinks and sources, found by entry points, those of others included."""

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol, TypeVar

from config.environment import SettingsError


class Named(Protocol):
    @property
    def name(self) -> str: ...


Kind = TypeVar("Kind", bound=Named)


def kinds_in(group: str, kind_type: type[Kind], what: str) -> Mapping[str, Kind]:
    """Find every kind of an entry-point group, by name; `what` is "sink" or "source".

    Raises SettingsError of one that is broken.
    """
    found: dict[str, Kind] = {}
    for point in sorted(entry_points(group=group), key=lambda point: point.name):
        try:
            kind = point.load()
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
            raise SettingsError(f"{_of(point, what)} cannot be loaded: {problem}") from error
        if not isinstance(kind, kind_type):
            raise SettingsError(f"{_of(point, what)} is no {kind_type.__name__}")
        if kind.name in found:
            raise SettingsError(f"{_of(point, what)}: there is a kind of this name already")
        found[kind.name] = kind
    return found


def _of(point: EntryPoint, what: str) -> str:
    return f"the kind of {what} {point.name!r} of {point.value}"
