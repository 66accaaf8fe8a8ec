"""Kinds of sources: what each brings, and where they are found, those of others included."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from config.extras import advice
from config.kinds import kinds_in
from models.streams import Stream
from sources.base import Source
from telemetry.source_stats import SourceStats

GROUP = "headrace.sources"
"""Entry points of this group are kinds of sources: `name = "package.module:KIND"`."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What a source is opened with besides its options.

    `name` is for people. `stream` is where its events go. `stats` is where it counts what only it
    can see: gaps, what was filled, duplicates, what is no event. Records of more than
    `largest_bytes` are left out by whoever runs it, who cannot say where they came from.
    """

    name: str
    stream: Stream
    stats: SourceStats
    largest_bytes: int = sys.maxsize


@dataclass(frozen=True, slots=True)
class SourceKind:
    """One kind of source, as `headrace.yaml` names it.

    `options` is the model of what may be said there. `open` is given checked options and does no
    I/O; several readers are read side by side, each with its own liveness and its own patience.
    `packages` have to be importable for that: they come with the extra `extra`. `stream` is where
    events go unless the entry names another; without it the entry has to.
    """

    name: str
    options: type[BaseModel]
    open: Callable[[Any, Opening], Sequence[Source]]
    packages: tuple[str, ...] = ()
    extra: str = ""
    stream: str = ""
    silence_seconds: float | None = None
    """Silence for so long is a failure, unless the entry says another time; None: it may rest."""
    ends: Callable[[Any], bool] = lambda _: False
    """By its options, whether its process ends, with 0, when all is read."""

    @property
    def missing(self) -> str:
        """Say what has to be installed first; nothing where all is there."""
        return advice(self.packages, self.extra)


def kinds() -> Mapping[str, SourceKind]:
    """Find every kind that is installed, by name. Raises SettingsError of one that is broken."""
    return kinds_in(GROUP, SourceKind, "source")
