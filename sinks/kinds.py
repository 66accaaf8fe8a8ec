"""Kinds of sinks: what each brings, and where they are found, those of others included."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from config.extras import advice
from config.kinds import kinds_in
from models.positions import Positions
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
class Weight:
    """What is stored of a topic: objects of so many partitions, and what an event weighs there.

    `json_bytes_per_event` is its JSON's without spaces.
    """

    objects: int
    size_bytes: int
    partitions: int
    bytes_per_event: float
    json_bytes_per_event: float


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
    migrate: Callable[[Any, Stream], Awaitable[None]] | None = None
    """Brings what a sink has of a stream up to date; None where there is nothing to do."""

    begin_epoch: Callable[[Any, Stream, str, Positions], Awaitable[int]] | None = None
    """Begins a topic's next epoch at these positions, whose own epochs are not looked at.

    Given options, stream and the topic's full name. Returns the epoch's number: greater than any
    that the sink has of the topic, in all of its partitions; one that was begun in some of them
    only, before a crash, may be begun in the others. From then on a writer of an older epoch is
    fenced. Raises SinkUnavailable. None where a sink has to be given another place.
    """

    count: Callable[[Any, Stream, str], Awaitable[int]] | None = None
    """Counts the rows that are stored of a topic, in all its epochs, where they lie.

    Given options, stream and the topic's full name. `headrace replay --into` fills such a sink
    only, as it compares what is there with what was sent. Raises SinkUnavailable.
    """

    place: Callable[[Any], str] | None = None
    """Says where these options store, like a folder: two sinks may not store one stream there."""

    weigh: Callable[[Any, str], Awaitable[Weight | None]] | None = None
    """Weighs what is stored of a topic; None where nothing is. Raises SinkUnavailable."""

    check: Callable[[Any, Sequence[Stream]], Sequence[str]] | None = None
    """Says what options get wrong about the streams that go there: `OPTION: what to do`."""

    @property
    def missing(self) -> str:
        """Say what has to be installed first; nothing where all is there."""
        return advice(self.packages, self.extra)


def kinds() -> Mapping[str, SinkKind]:
    """Find every kind that is installed, by name. Raises SettingsError of one that is broken."""
    return kinds_in(GROUP, SinkKind, "sink")
