"""From the bytes of an event to the values of a row: fast for many at once, patient with one."""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, cast

import msgspec
from msgspec.structs import astuple

from models.contract import Fast, fast
from models.events import Event
from models.refusals import Limits, Refused, read
from models.streams import EXTRA, Stream
from models.versions import Upcast

_ESCAPED_NUL = b"\\u0000"
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_UNREADABLE = (msgspec.DecodeError, ValueError, RecursionError, TypeError, OverflowError)

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
        except (*_UNREADABLE, Refused):
            return None

    def one(self, value: bytes | None) -> Values:
        """Read one event. Raises Refused."""
        if value is None or not self._are_small([value]) or _ESCAPED_NUL in value:
            return self._read_slowly(value)
        try:
            value.decode()
            return self._read_all([value])[0]
        except _UNREADABLE:
            return self._read_slowly(value)

    def _read_all(self, values: Sequence[bytes]) -> list[Values]:
        if self._versions is None:
            return self._forms[""].read(values)
        names = list(map(self._form, values))
        if len(different := set(names)) == 1:
            return self._forms[different.pop()].read(values)
        rows: list[Values] = [()] * len(values)
        for form in different:
            places = [place for place, name in enumerate(names) if name == form]
            read = self._forms[form].read([values[place] for place in places])
            for place, row in zip(places, read, strict=True):
                rows[place] = row
        return rows

    def _read_slowly(self, value: bytes | None) -> Values:
        form = ""
        if self._versions is not None:
            form = self._versions.default
            if value is not None and self._are_small([value]):
                with suppress(*_UNREADABLE):  # the contract of any form says why
                    form = self._form(value)
        return self._forms[form].read_slowly(value, self._limits)

    def _form(self, value: bytes) -> str:
        versions = self._versions
        assert versions is not None  # noqa: S101 - for mypy
        said = getattr(self._says(value), versions.name)
        form = versions.form(said)
        if form is None:
            known = ", ".join(versions.released)
            raise Refused("unknown_schema_version", f"{versions.name} {said!r}, known are {known}")
        return form

    def _are_small(self, values: Iterable[bytes | None]) -> bool:
        return all(len(value or b"") <= self._limits.event_bytes for value in values)


class _Form:
    """One contract, and how its events become rows."""

    def __init__(self, stream: Stream, contract: type[Event], upcast: Upcast | None) -> None:
        self._contract = contract
        self._upcast = upcast
        self._keeps_extra = stream.keeps_extra
        self._known = frozenset(contract.model_fields)
        self._names = [column.field for column in stream.columns if column.field != EXTRA]
        self._defaults = {
            name: field.default
            for name, field in stream.event.model_fields.items()
            if not field.is_required()
        }
        self._fast = fast(contract)
        self._alone: Fast | None = (
            fast(contract, forbid_unknown=True) if stream.keeps_extra else None
        )

    def read(self, values: Sequence[bytes]) -> list[Values]:
        """Read all, or raise one of _UNREADABLE for the first that is no event."""
        if self._alone is None:
            return self._rows(self._decode(self._fast, values), None)
        try:
            events = self._decode(self._alone, values)
        except msgspec.ValidationError:
            events = self._decode(self._fast, values)
            return self._rows(events, [_unknown(value, self._known) for value in values])
        return self._rows(events, [{} for _ in values])

    def read_slowly(self, value: bytes | None, limits: Limits) -> Values:
        """Read with the contract itself. Raises Refused."""
        event = read(self._contract, value, limits)
        present = cast("bytes", value)
        try:
            extra = _unknown(present, self._known) if self._keeps_extra else {}
        except _UNREADABLE as error:
            raise Refused("invalid", f"unknown field: {error}") from None
        if self._upcast is not None:
            return self._row_of(self._upcast(event, extra), extra)
        return self._row_of({name: getattr(event, name) for name in self._names}, extra)

    def _decode(self, reader: Fast, values: Sequence[bytes]) -> list[Any]:
        events = list(map(reader.decode, values))
        reader.check(events)
        return events

    def _rows(self, events: Sequence[Any], extras: Sequence[dict[str, Any]] | None) -> list[Values]:
        if extras is None and self._upcast is None:
            return list(map(astuple, events))
        rows = []
        for event, extra in zip(events, extras or [{} for _ in events], strict=True):
            if self._upcast is None:
                rows.append((*astuple(event), _written(extra)))
            else:
                rows.append(self._row_of(self._upcast(event, extra), extra))
        return rows

    def _row_of(self, fields: dict[str, Any], extra: dict[str, Any]) -> Values:
        fields = self._defaults | fields
        row = tuple(fields[name] for name in self._names)
        return (*row, _written(extra)) if self._keeps_extra else row


def _unknown(value: bytes, known: frozenset[str]) -> dict[str, Any]:
    """Give the unknown fields as they are written, refusing what jsonb cannot hold."""
    fields = msgspec.json.decode(value, type=dict[str, msgspec.Raw])
    extra = {name: written for name, written in fields.items() if name not in known}
    for written in extra.values():
        msgspec.json.decode(written)  # numbers out of range, lone surrogates
    text = _written(extra)
    if text is not None and _NUL.search(text):
        raise ValueError("contains a NUL character, which PostgreSQL cannot store")
    return extra


def _written(extra: dict[str, Any]) -> bytes | None:
    return msgspec.json.encode(extra) if extra else None
