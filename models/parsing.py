"""From the bytes of an event to the values of a row: fast for many at once, patient with one."""

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from math import isinf
from operator import attrgetter
from typing import Any, cast

import msgspec
from msgspec.structs import astuple

from models.contract import Fast, fast
from models.events import Event
from models.refusals import without_places
from models.streams import EXTRA, Stream
from models.validation import Limits, Refused, read, readable
from models.versions import Upcast, Versions

_ESCAPED_NUL = b"\\u0000"
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_UNREADABLE = (msgspec.DecodeError, ValueError, RecursionError, TypeError, ArithmeticError)

_MOST_DECIMALS = 16_383
"""So many the numeric type holds, which jsonb keeps numbers in."""

Values = tuple[Any, ...]
"""One value for each of the stream's columns, in their order; times are datetimes."""


class Reader:
    """Reads the events of one stream, whatever released form they have."""

    def __init__(self, stream: Stream, limits: Limits) -> None:
        self._limits = limits
        self._versions = versions = stream.versions
        if versions is None:
            self._forms = {"": _Form(stream, stream.event, None)}
            return
        self._forms = {
            name: _Form(stream, version.contract, version.upcast)
            for name, version in versions.released.items()
        }
        says = msgspec.defstruct("Says", [(versions.name, str, versions.default)])
        self._says = msgspec.json.Decoder(says).decode
        self._said = attrgetter(versions.name)

    def all_good(self, values: Sequence[bytes | None]) -> list[Values] | None:
        """Read values without looking at each in Python; None where one needs a look."""
        if None in values:
            return None
        present = cast("list[bytes]", values)
        joined = b"\n".join(present)
        # the longest is not longer than all together: looked for only where it could matter
        is_small = len(joined) <= self._limits.event_bytes
        if _ESCAPED_NUL in joined or not (is_small or self._are_small(present)):
            return None
        try:
            if not joined.isascii():
                joined.decode()  # msgspec does not look into unknown fields
            return self._read_all(present)
        except _UNREADABLE:
            return None

    def _read_all(self, values: Sequence[bytes]) -> list[Values]:
        versions = self._versions
        if versions is None:
            return self._forms[""].read(values)
        said = list(map(self._said, map(self._says, values)))
        if len(different := set(said)) == 1:
            return self._form(versions, different.pop()).read(values)
        rows: list[Values] = [()] * len(values)
        for version in different:
            places = [place for place, name in enumerate(said) if name == version]
            read = self._form(versions, version).read([values[place] for place in places])
            for place, row in zip(places, read, strict=True):
                rows[place] = row
        return rows

    def _form(self, versions: Versions, said: str) -> "_Form":
        form = versions.form(said)
        if form is None:
            raise _UnknownVersionError(said)
        return self._forms[form]

    def one(self, value: bytes | None) -> Values:
        """Read one event that is not `all_good`, with the contract itself. Raises Refused."""
        versions, present = self._versions, readable(value, self._limits)
        if versions is None:
            return self._forms[""].read_slowly(present, self._limits)
        try:
            form = self._form(versions, _version(versions, present))
        except _UnknownVersionError as error:
            known = ", ".join(versions.released)
            raise Refused(
                "unknown_schema_version",
                f"{versions.name} is none that is known: {known}",
                f"{versions.name} {str(error)!r}",
            ) from None
        return form.read_slowly(present, self._limits)

    def _are_small(self, values: Iterable[bytes | None]) -> bool:
        return all(len(value or b"") <= self._limits.event_bytes for value in values)


class _UnknownVersionError(ValueError):
    """An event says a version that no release can read."""


def _version(versions: Versions, value: bytes) -> str:
    try:
        said = _any(_members(value).get(versions.name, b'""'))
    except _UNREADABLE:
        return versions.default  # no object: the contract says so
    # no string: the contract says so
    return said if isinstance(said, str) and said else versions.default


class _Form:
    """One contract, and how its events become rows."""

    def __init__(self, stream: Stream, contract: type[Event], upcast: Upcast | None) -> None:
        self._contract = contract
        self._upcast = upcast
        self._keeps_extra = stream.keeps_extra
        self._known = frozenset(contract.model_fields)
        self._names = [column.field for column in stream.columns if column.field != EXTRA]
        self._fast = fast(contract)
        self._alone: Fast | None = (
            fast(contract, forbid_unknown=True) if stream.keeps_extra else None
        )

    def read(self, values: Sequence[bytes]) -> list[Values]:
        """Read all, or raise one of _UNREADABLE for the first that is no event."""
        if self._alone is None:
            return self._rows(self._decode(self._fast, values))
        try:
            events = self._decode(self._alone, values)
        except msgspec.ValidationError:
            events = self._decode(self._fast, values)
            return self._rows_and_extras(events, [_unknown(value, self._known) for value in values])
        none = (None,)
        return [row + none for row in self._rows(events)]

    def read_slowly(self, value: bytes, limits: Limits) -> Values:
        """Read with the contract itself. Raises Refused."""
        event = read(self._contract, value, limits)
        extra: dict[str, Any] = {}
        if self._keeps_extra:
            try:
                extra = _unknown(value, self._known)
                _refuse_nul(extra)
            except _UNREADABLE as error:
                words, places = without_places(str(error))
                raise Refused("invalid", f"unknown field: {words}", ", ".join(places)) from None
        if self._upcast is not None:
            row = self._upcast(event, extra)
        else:
            row = tuple(getattr(event, name) for name in self._names)
        return (*row, _written(extra)) if self._keeps_extra else row

    def _decode(self, reader: Fast, values: Sequence[bytes]) -> list[Any]:
        events = list(map(reader.decode, values))
        reader.check(events)
        return events

    def _rows(self, events: Sequence[Any]) -> list[Values]:
        upcast = self._upcast
        if upcast is None:
            return list(map(astuple, events))
        return [upcast(event, {}) for event in events]

    def _rows_and_extras(
        self, events: Sequence[Any], extras: Sequence[dict[str, Any]]
    ) -> list[Values]:
        upcast = self._upcast
        # the upcast takes from the extra what it understands, so it comes first
        rows = list(map(astuple, events)) if upcast is None else list(map(upcast, events, extras))
        return [(*row, _written(extra)) for row, extra in zip(rows, extras, strict=True)]


def _unknown(value: bytes, known: frozenset[str]) -> dict[str, Any]:
    """Give the unknown fields as they are written, refusing what jsonb cannot hold."""
    fields = _members(value)
    extra = {name: written for name, written in fields.items() if name not in known}
    for written in extra.values():
        _any(written)  # numbers out of range, lone surrogates
    return extra


def _refuse_nul(extra: dict[str, Any]) -> None:
    # only where an event is read slowly: the fast way is for those without an escaped NUL
    if _NUL.search(_written(extra) or b""):
        raise ValueError("contains a NUL character, which PostgreSQL cannot store")


def _number(written: str) -> None:
    if isinf(float(written)):
        raise ValueError("number out of range")
    try:
        exponent = abs(int(Decimal(written).as_tuple().exponent))
    except ArithmeticError:
        exponent = _MOST_DECIMALS + 1
    if exponent > _MOST_DECIMALS:  # a zero may have any
        raise ValueError("number with too many decimals")


_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_any = msgspec.json.Decoder(float_hook=_number).decode
_encode = msgspec.json.Encoder().encode


def _written(extra: dict[str, Any]) -> bytes | None:
    return _encode(extra) if extra else None
