"""What a kind of sink says of itself: its name, its options, and how one is opened."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from models.streams import Stream
from sinks.base import Sink


@dataclass(frozen=True, slots=True)
class SinkKind:
    """One kind of sink, as headrace.yaml names it.

    `options` is the model of what may be said there; `open(options, stream, name)` builds the sink
    of that configured name for a stream, without any I/O. `packages` must be importable for it, and
    come with the extra `extra`.
    """

    name: str
    options: type[BaseModel]
    open: Callable[[Any, Stream, str], Sink]
    packages: tuple[str, ...] = ()
    extra: str = ""
