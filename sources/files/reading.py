"""Reads one file of any format from where it stands."""

import logging
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO

import msgspec

from config.extras import installing
from models.streams import Stream
from sources.base import Record
from sources.files.envelopes import Envelopes
from sources.files.ledger import HEAD_BYTES, Entry, digest
from sources.files.lines import Left, Piece, lines
from sources.files.options import Reading
from sources.files.place import Found, Place, Unreadable
from sources.files.rows import Columns, header, rows
from sources.files.unpacked import Packing, Unpacked, packing_of

logger = logging.getLogger(__name__)

_PARQUET = b"PAR1"
_PACKED_ENDINGS = (".gz", ".gzip", ".zst", ".zstd")
_CSV, _TSV = ".csv", ".tsv"

Step = tuple[Sequence[Record], Entry]

_raw = msgspec.json.Decoder(msgspec.Raw).decode


@dataclass(frozen=True, slots=True)
class FileReader:
    """Blocks: used in a thread."""

    place: Place
    options: Reading
    stream: Stream
    envelopes: Envelopes
    largest_bytes: int
    refuse: Callable[[str, str], None]
    """Counts and tells what is left out: by which word, and where and why."""

    refused: dict[str, int] = field(default_factory=dict)
    """The last line of each file that was left out."""

    def read(self, found: Found, entry: Entry, *, ends: bool) -> Iterator[Step]:
        """Give records, and how far the file is read with them.

        With `ends` a last line without an end may be taken for one. Raises Unreadable,
        FileNotFoundError and SourceUnavailable.
        """
        try:
            with self.place.open(found) as raw:
                yield from self._steps(found, entry, raw, ends=ends)
        except FileNotFoundError:
            raise
        except OSError as error:  # a disk or a network that fails meanwhile
            raise Unreadable(error.strerror or str(error), passing=True) from error

    def _steps(self, found: Found, entry: Entry, raw: BinaryIO, *, ends: bool) -> Iterator[Step]:
        head = raw.read(HEAD_BYTES)
        raw.seek(0)
        if digest(head[: entry.hashed]) != entry.head and entry.hashed:
            raise Unreadable("it became another file just now", passing=True)
        if self._is_parquet(head):
            yield from self._tables(found, entry, raw, head)
        else:
            yield from _Lines(self, found, entry, raw, head).read(ends=ends)

    def _is_parquet(self, head: bytes) -> bool:
        said = self.options.format
        return said == "parquet" or (said == "auto" and head.startswith(_PARQUET))

    def _tables(self, found: Found, entry: Entry, raw: BinaryIO, head: bytes) -> Iterator[Step]:
        try:
            from sources.files.tables import tables  # noqa: PLC0415 - lines need no Arrow
        except ImportError:
            raise Unreadable(f"Parquet needs a package: {installing('files')}") from None
        at = entry.at if entry.size == found.size else 0  # written anew, Parquet is another file
        reached = partial(
            Entry, size=found.size, version=found.version, head=digest(head), hashed=len(head)
        )
        for some in tables(raw, at, self.envelopes.key, self.envelopes.times):
            begin, at = some.at - len(some.values) + 1, some.at
            records = self.envelopes.of_columns(some.values, some.keys, some.times)
            if some.longest > self.largest_bytes:
                records = list(self._fitting(found, records, begin))
            yield records, reached(at=at, count=at, whole=False)
        yield (), reached(at=at, count=at, whole=True)

    def _fitting(self, found: Found, records: Sequence[Record], begin: int) -> Iterator[Record]:
        for row, record in enumerate(records, begin):
            if len(record[0]) <= self.largest_bytes:
                yield record
            else:
                where = f"{self.place.shown(found.name)}, row {row}"
                self.refuse("too large", f"{where}: {len(record[0]):,} bytes as JSON")


class _Lines:
    """One file of lines or CSV, while it is read."""

    def __init__(
        self, reader: FileReader, found: Found, entry: Entry, raw: BinaryIO, head: bytes
    ) -> None:
        self._options = reader.options
        self._of = reader
        self._found = found
        self._entry = entry
        self._raw = raw
        self._head = head
        self._packing: Packing = packing_of(head)

    def read(self, *, ends: bool) -> Iterator[Step]:
        columns, begin = self._columns()
        if self._is_csv and columns is None:
            return  # it has no header yet
        count = max(self._entry.count, 1 if begin else 0)
        stream = self._opened()
        stream.skip_to(max(begin, self._entry.at))
        pieces = self._pieces(stream, columns, count)
        at = stream.position
        while True:
            try:
                piece = next(pieces)
            except StopIteration as ended:
                left: Left = ended.value
                break
            at, count = piece.at, piece.count
            records = self._of.envelopes.records(piece.values)
            yield records, self._reached(at, count, whole=self._is_plain)
        yield from self._end(stream, columns, left, (at, count), ends=ends)

    def _end(
        self,
        stream: Unpacked,
        columns: Columns | None,
        left: Left,
        reached: tuple[int, int],
        *,
        ends: bool,
    ) -> Iterator[Step]:
        """Take a last line without an end, or leave it until it has one."""
        rest, (at, count) = left.rest, reached
        is_whole = stream.is_whole or not self._of.place.may_grow
        is_final = is_whole or self._options.once
        if left.is_too_long and not is_whole:  # what follows is no line of its own
            yield (), self._reached(at, count, whole=True)
        elif rest.strip() and (is_final or (ends and columns is None and _is_json(rest))):
            value = columns.value(rest) if columns else rest
            records = self._of.envelopes.records([value])
            yield records, self._reached(stream.position, count + 1, whole=True)
        elif is_final:
            yield (), self._reached(stream.position, count, whole=True)
        elif not self._is_plain:
            yield (), self._reached(at, count, whole=True)  # until it has grown
        elif ends and rest.strip():
            logger.warning(
                "%s, line %d: has no end, and is left until it has", self._shown, count + 1
            )
        if ends and not self._is_plain and not stream.is_whole:
            raise Unreadable(
                f"cut off after {stream.position:,} bytes, unpacked: its packer has not ended it"
            )

    def _pieces(
        self, stream: Unpacked, columns: Columns | None, count: int
    ) -> Generator[Piece, None, Left]:
        longest = min(self._options.longest_line_bytes, self._of.largest_bytes)
        if columns is None:
            return lines(stream, count, longest, self._refuse)
        return rows(stream, columns, count, longest, self._refuse)

    def _columns(self) -> tuple[Columns | None, int]:
        """Give the columns of CSV, and where the first row begins; none of lines."""
        if not self._is_csv:
            return None, 0
        delimiter = self._options.delimiter or ("\t" if self._bare.endswith(_TSV) else ",")
        names, begin = list(self._options.columns), 0
        if not names:
            names, begin = header(self._opened(), delimiter)
        if not names:
            return None, 0
        return Columns(names, self._of.stream, delimiter), begin

    def _opened(self) -> Unpacked:
        self._raw.seek(0)
        return Unpacked(self._raw, self._packing, self._found.size)

    def _reached(self, at: int, count: int, *, whole: bool) -> Entry:
        size = at if self._is_plain else self._found.size
        hashed = min(size, len(self._head))
        head = digest(self._head[:hashed])
        return Entry(at, count, size, whole, self._found.version, head, hashed)

    def _refuse(self, reason: str, line: int, why: str) -> None:
        # a line that grows is met again and again
        if self._of.refused.get(self._found.name) != line:
            self._of.refused[self._found.name] = line
            self._of.refuse(reason, f"{self._shown}, line {line}: {why}")

    @property
    def _shown(self) -> str:
        return self._of.place.shown(self._found.name)

    @property
    def _is_plain(self) -> bool:
        return self._packing == "none"

    @property
    def _is_csv(self) -> bool:
        said = self._options.format
        return said == "csv" or (said == "auto" and self._bare.endswith((_CSV, _TSV)))

    @property
    def _bare(self) -> str:
        """Give the name without the ending that says how it is packed."""
        name = self._found.name.lower()
        for ending in _PACKED_ENDINGS:
            name = name.removesuffix(ending)
        return name


def _is_json(line: bytes) -> bool:
    try:
        _raw(line)
    except msgspec.DecodeError:
        return False
    return True
