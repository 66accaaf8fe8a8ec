"""From rows back to the bytes of events, for a replay: what models/parsing.py reads as those rows.

A row is written in the form that its version names, so that it is judged as it was. With `upcast`
rows of older forms are first read with the models' upcasters, then written in that form.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from models.events import Event, EventField, fields_of
from models.parsing import Reader, Values
from models.streams import EXTRA, Stream
from models.types import StoredAs
from models.validation import Limits, Refused
from models.versions import Downcast

Row = Mapping[str, Any]
"""Column to value. Times have a zone; `extra` is JSON, as text or bytes."""

_encode = msgspec.json.Encoder(decimal_format="number").encode
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class UnknownVersionError(Exception):
    """There is no such version; the message names those that there are."""


class EventWriter:
    """Writes the events of one stream."""

    def __init__(self, stream: Stream, upcast: str | None = None) -> None:
        """Raise UnknownVersionError for a version that was not released."""
        self._versions = versions = stream.versions
        self._upcast = upcast
        self._columns = stream.column_names
        self._reader = Reader(stream, Limits())
        if versions is None:
            if upcast is not None:
                raise UnknownVersionError(f"{stream.topic} has no versions")
            self._forms = {"": _Form(stream.event, None)}
            return
        if upcast is not None and upcast not in versions.released:
            raise UnknownVersionError(
                f"{stream.topic} has no version {upcast!r}, only {', '.join(versions.ordered)}"
            )
        self._forms = {
            name: _Form(version.contract, version.downcast)
            for name, version in versions.released.items()
        }

    def write(self, rows: Sequence[Row]) -> list[bytes]:
        """Write each row. One that cannot be brought to the version stays in its own form."""
        return [self._write(row) for row in rows]

    def brought_up(self, payload: bytes) -> bytes:
        """Give an event of an older version in the wanted one; any other as it is."""
        versions, upcast = self._versions, self._upcast
        if versions is None or upcast is None:
            return payload
        try:
            row = self._row(self._reader.one(payload))
        except Refused:
            return payload  # it is refused again, with its reason, by whoever reads it
        if not self._is_older(versions.form(row[versions.name] or versions.default)):
            return payload
        return self._forms[upcast].write({**row, versions.name: upcast})

    def _is_older(self, form: str | None) -> bool:
        versions, upcast = self._versions, self._upcast
        if versions is None or upcast is None or form is None:
            return False
        return versions.ordered.index(form) < versions.ordered.index(upcast)

    def _write(self, row: Row) -> bytes:
        versions = self._versions
        if versions is None:
            return self._forms[""].write(row)
        said = row[versions.name] or versions.default
        form = versions.form(said) or versions.ordered[-1]
        own = self._forms[form].write(row)
        return self.brought_up(own) if self._is_older(form) else own

    def _row(self, values: Values) -> Row:
        return dict(zip(self._columns, values, strict=True))


class _Form:
    """One contract, and where its fields stand in a row."""

    def __init__(self, contract: type[Event], downcast: Downcast | None) -> None:
        self._places = [(field.name, _column(field)) for field in fields_of(contract)]
        self._downcast = downcast

    def write(self, row: Row) -> bytes:
        event = {
            field: value for field, column in self._places if (value := row.get(column)) is not None
        }
        if self._downcast is not None:
            more = self._downcast(row)
            event |= {name: value for name, value in more.items() if value is not None}
        if extra := row.get(EXTRA):
            # a field that the form knows is not in it
            event = {**_members(extra), **event}
        return _encode(event)


def _column(field: EventField) -> str:
    said = next((item for item in field.metadata if isinstance(item, StoredAs)), StoredAs())
    return said.name or field.name
