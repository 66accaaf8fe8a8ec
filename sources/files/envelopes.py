"""From an event's bytes to a record: its key and timestamp, as the stream's producers choose them.

The timestamp is the event's own time: so an event is judged late or not as it was when it happened,
and the same file is judged the same whenever it is read. It is never ahead of the clock: Kafka
refuses such records, and the event itself is a dead letter for it.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Annotated, Any, cast

import msgspec
from pydantic import BaseModel

from models.events import fields_of
from models.streams import Stream
from models.types import StoredAs
from sources.base import Record

_Time = Annotated[datetime, msgspec.Meta(tz=True)] | None
_Key = str | int | None

_said_key = attrgetter("key")
_seconds = datetime.timestamp


def contracts(stream: Stream) -> list[type[BaseModel]]:
    """Give the contracts of all forms that the stream's events may have, the row's own first."""
    released = stream.versions.released.values() if stream.versions else ()
    return [stream.event, *(version.contract for version in released)]


def time_fields(stream: Stream) -> list[str]:
    """Give the names that an event may have its time under."""
    names = [
        declared.name
        for contract in contracts(stream)
        for declared in fields_of(contract)
        for said in [next((one for one in declared.metadata if isinstance(one, StoredAs)), None)]
        if ((said.name if said else "") or declared.name) == stream.event_time
    ]
    return list(dict.fromkeys(names))


class Envelopes:
    """Puts the events of one stream into records."""

    def __init__(
        self,
        stream: Stream,
        key: str,
        *,
        own_time: bool,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.key = key
        self.times = time_fields(stream)
        self._own_time = own_time
        self._clock = clock
        fields: list[tuple[str, Any, Any]] = [
            (f"time_{place}", _Time, msgspec.field(default=None, name=name))
            for place, name in enumerate(self.times)
            if name != key
        ]
        fields.append(("key", _Key, msgspec.field(default=None, name=key or "\0")))
        head = msgspec.defstruct("Head", fields, gc=False)
        self._decode: Callable[[bytes], Any] = msgspec.json.Decoder(head).decode
        self._times = [attrgetter(name) for name, *_ in fields[:-1]]

    def records(self, values: Sequence[bytes]) -> list[Record]:
        """Give a record for each; of what is no event, without a key and with the time now."""
        now = int(self._clock() * 1_000)
        if not values:
            return []
        try:
            heads = list(map(self._decode, values))
        except (msgspec.DecodeError, ValueError, RecursionError):
            return [self._one(value, now) for value in values]
        return list(zip(values, self._keys(heads), self._stamps(heads, now), strict=True))

    def of_columns(
        self, values: Sequence[bytes], keys: Sequence[bytes | None], times: Sequence[int | None]
    ) -> list[Record]:
        """Do the same for what knows keys and times (milliseconds since 1970) already."""
        now = int(self._clock() * 1_000)
        if not self._own_time:
            times = [now] * len(values)
        elif not _are_between(times, now):
            times = [now if one is None or one > now else max(0, one) for one in times]
        return list(zip(values, keys, cast("Sequence[int]", times), strict=True))

    def _keys(self, heads: Sequence[Any]) -> list[bytes | None]:
        try:
            return list(map(str.encode, map(_said_key, heads)))
        except TypeError:  # one has none, or a number
            return [_key(head.key) for head in heads]

    def _stamps(self, heads: Sequence[Any], now: int) -> list[int]:
        """Give all times at once where all stand under the same name."""
        for said in self._times if self._own_time else ():
            try:
                stamps = [int(time * 1_000 + 0.5) for time in map(_seconds, map(said, heads))]
            except TypeError:
                continue
            return stamps if _are_between(stamps, now) else self._each(heads, now)
        return self._each(heads, now)

    def _each(self, heads: Sequence[Any], now: int) -> list[int]:
        return [self._time(head, now) for head in heads]

    def _one(self, value: bytes, now: int) -> Record:
        try:
            head = self._decode(value)
        except (msgspec.DecodeError, ValueError, RecursionError):
            return value, None, now
        return value, _key(head.key), self._time(head, now)

    def _time(self, head: Any, now: int) -> int:
        if self._own_time:
            for said in self._times:
                if (time := said(head)) is not None:
                    return min(now, max(0, int(time.timestamp() * 1_000 + 0.5)))
        return now


def _are_between(times: Sequence[int | None], now: int) -> bool:
    """Say whether all are there, none before 1970 and none after now."""
    try:
        return min(times) >= 0 and max(times) <= now  # type: ignore[type-var, operator]
    except TypeError:
        return False


def _key(said: str | int | None) -> bytes | None:
    return None if said is None else str(said).encode()
