"""The released forms of an event, which may all arrive in one topic.

Versions are MAJOR.MINOR. A new minor version only adds optional fields, so a minor version that is
not known (a producer was updated first) is read as the newest known one; an unknown major version
is a dead letter. docs/reference/schemas.md tells what is compatible and why.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from models.events import Event

_VERSION = re.compile(r"(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})", re.ASCII)

Upcast = Callable[[Any, dict[str, Any]], tuple[Any, ...]]
"""From an event of an older or newer form, and its unknown fields, to the values of a row.

One value for each field of the stream's event, in their order. What it takes out of the unknown
fields (name to JSON, as msgspec.Raw) is not kept in `extra`.
"""

Downcast = Callable[[Mapping[str, Any]], dict[str, Any]]
"""From a row (column to value) to those fields of a form that are no column of the row.

The inverse of the upcast, as far as the row still knows: what a replay sends is read as that row
again. What it gives as None is left out.
"""


@dataclass(frozen=True, slots=True)
class Version:
    """A released form. Without `upcast` its fields are the row's, without `downcast` columns."""

    contract: type[Event]
    upcast: Upcast | None = None
    downcast: Downcast | None = None


@dataclass(frozen=True)
class Versions:
    """The field `name` of the event says which form it has; one that does not say has `default`."""

    name: str
    default: str
    released: Mapping[str, Version]
    ordered: tuple[str, ...] = field(init=False)
    """The released versions, the oldest first."""

    _newest: dict[int, str] = field(init=False)

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.released, key=_numbers))
        newest = {_numbers(version)[0]: version for version in ordered}
        object.__setattr__(self, "ordered", ordered)
        object.__setattr__(self, "_newest", newest)

    def form(self, version: str) -> str | None:
        """Say as which released version to read one; None for an unknown major version."""
        if version in self.released:
            return version
        if _VERSION.fullmatch(version) is None:
            return None
        return self._newest.get(_numbers(version)[0])


def _numbers(version: str) -> tuple[int, int]:
    major, minor = version.split(".")
    return int(major), int(minor)
