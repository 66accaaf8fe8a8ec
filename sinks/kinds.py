"""What a kind of sink brings: its options, what has to be installed, and how one is opened."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from models.streams import Stream
from sinks.base import Sink


@dataclass(frozen=True, slots=True)
class SinkKind:
    """One kind of sink, as `headrace.yaml` names it.

    `open` is given checked options, the stream, and the sink's name for people; it may import what
    is heavy. `packages` have to be importable for that: they come with the extra `extra`.
    """

    name: str
    options: type[BaseModel]
    open: Callable[[Any, Stream, str], Sink]
    packages: tuple[str, ...] = ()
    extra: str = ""
