"""From rows back to the bytes of events, for a replay: what models/parsing.py reads as those rows.

A row is written in the form that its version names, so that it is judged as it was. With `upcast`
rows of older forms are first read with the models' upcasters, then written in that form.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

import msgspec

from models.events import Event, EventField, fields_of
from models.parsing import Reader, Values
from models.streams import EXTRA, Stream
from models.types import StoredAs
from models.validation import Limits, Refused
from models.versions import Downcast

Columns = Mapping[str, Sequence[Any]]
"""Values of each column, all as long. Times have a zone; `extra` is JSON, as text or bytes."""

_encode = msgspec.json.Encoder(decimal_format="number").encode
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode

_Write = Callable[[Values], bytes]


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

    def write(self, columns: Columns) -> list[bytes]:
        """Write each row. One that cannot be brought to the version stays in its own form."""
        names = tuple(columns)
        writes = {name: form.writing(names) for name, form in self._forms.items()}
        rows = zip(*columns.values(), strict=True)
        versions = self._versions
        if versions is None:
            return list(map(writes[""], rows))
        said = columns[versions.name]
        forms = {one: versions.form(one or versions.default) for one in set(said)}
        newest = versions.ordered[-1]
        by_version = {one: form or newest for one, form in forms.items()}
        if self._upcast is None:
            chosen = {one: writes[form] for one, form in by_version.items()}
            return [chosen[one](row) for one, row in zip(said, rows, strict=True)]
        brought = {one: self._bringing(form, writes[form]) for one, form in by_version.items()}
        return [brought[one](row) for one, row in zip(said, rows, strict=True)]

    def brought_up(self, payload: bytes) -> bytes:
        """Give an event of an older version in the wanted one; any other as it is."""
        versions, upcast = self._versions, self._upcast
        if versions is None or upcast is None:
            return payload
        try:
            row = list(self._reader.one(payload))
        except Refused:
            return payload  # it is refused again, with its reason, by whoever reads it
        place = self._columns.index(versions.name)
        if not self._is_older(versions.form(row[place] or versions.default)):
            return payload
        row[place] = upcast
        return self._forms[upcast].writing(tuple(self._columns))(tuple(row))

    def _is_older(self, form: str | None) -> bool:
        versions, upcast = self._versions, self._upcast
        if versions is None or upcast is None or form is None:
            return False
        return versions.ordered.index(form) < versions.ordered.index(upcast)

    def _bringing(self, form: str, write: _Write) -> _Write:
        """Give what brings rows of a form to the version that is wanted."""
        if not self._is_older(form):
            return write
        return lambda row: self.brought_up(write(row))


class _Form:
    """One contract, and how rows of some columns are written in it."""

    def __init__(self, contract: type[Event], downcast: Downcast | None) -> None:
        self._places = [(field.name, _column(field)) for field in fields_of(contract)]
        self._downcast = downcast
        self._writing: dict[tuple[str, ...], _Write] = {}

    def writing(self, names: tuple[str, ...]) -> _Write:
        """Give what writes a row of these columns."""
        if names not in self._writing:
            self._writing[names] = self._made(names)
        return self._writing[names]

    def _made(self, names: tuple[str, ...]) -> _Write:
        there = {field: names.index(column) for field, column in self._places if column in names}
        extra_at = names.index(EXTRA) if EXTRA in names else None
        shapes: dict[tuple[str, ...], _Shape] = {}

        def write(row: Values) -> bytes:
            more = self._more(names, row)
            if extra_at is not None and row[extra_at]:
                known = {field: row[place] for field, place in there.items()} | more
                known = {field: value for field, value in known.items() if value is not None}
                # a field that the form knows is not in `extra`
                return _encode({**_members(row[extra_at]), **known})
            if (shape := shapes.get(tuple(more))) is None:
                shape = shapes[tuple(more)] = _Shape(there, more)
            return shape.write(row, more)

        return write

    def _more(self, names: tuple[str, ...], row: Values) -> dict[str, Any]:
        if self._downcast is None:
            return {}
        more = self._downcast(dict(zip(names, row, strict=True)))
        return {name: value for name, value in more.items() if value is not None}


class _Shape:
    """The fields of an event, as a structure: a third of the time that a dict takes."""

    def __init__(self, there: Mapping[str, int], more: Iterable[str]) -> None:
        """`there` says where in a row fields are; `more` are fields that come besides."""
        fields = {name: place for name, place in there.items() if name not in set(more)}
        declared: list[tuple[str, Any, Any]] = [(name, Any, None) for name in (*fields, *more)]
        self._make = msgspec.defstruct("Written", declared, omit_defaults=True, gc=False)
        places = list(fields.values())
        # of one place itemgetter gives no tuple
        self._pick: Callable[[Values], Values] = (
            itemgetter(*places)
            if len(places) > 1
            else lambda row: tuple(row[one] for one in places)
        )

    def write(self, row: Values, more: Mapping[str, Any]) -> bytes:
        return _encode(self._make(*self._pick(row), *more.values()))


def _column(field: EventField) -> str:
    said = next((item for item in field.metadata if isinstance(item, StoredAs)), StoredAs())
    return said.name or field.name
