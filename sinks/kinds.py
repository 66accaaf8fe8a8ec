"""Kinds of sinks: what each brings, and where they are found, those of others included."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import Any

from pydantic import BaseModel

from models.streams import Stream
from sinks.base import Sink

GROUP = "headrace.sinks"
"""Entry points of this group are kinds of sinks: `name = "package.module:KIND"`."""


@dataclass(frozen=True, slots=True)
class Flush:
    """When a kind of sink is written to, at the latest; whichever comes first."""

    records: int = 40_000
    size_bytes: int = 8 * 1024 * 1024
    """What the records weigh that wait."""

    seconds: float = 1.0


@dataclass(frozen=True, slots=True)
class SinkKind:
    """One kind of sink, as `headrace.yaml` names it.

    `options` is the model of what may be said there. `open` is given checked options, the stream as
    it is declared and the sink's name for people, and does no I/O. `packages` have to be
    importable for that: they come with the extra `extra`.
    """

    name: str
    options: type[BaseModel]
    open: Callable[[Any, Stream, str], Sink]
    packages: tuple[str, ...] = ()
    extra: str = ""
    flush: Flush = field(default_factory=Flush)

    @property
    def missing(self) -> str:
        """Say what has to be installed first; nothing where all is there."""
        absent = [name for name in self.packages if find_spec(name) is None]
        if not absent:
            return ""
        return f"needs {', '.join(absent)}: pip install -c constraints.txt -e '.[{self.extra}]'"


def kinds() -> Mapping[str, SinkKind]:
    """Find every kind that is installed, by name. One that cannot be loaded raises as it does."""
    found = (point.load() for point in entry_points(group=GROUP))
    return {kind.name: kind for kind in sorted(found, key=lambda kind: str(kind.name))}
