"""CSV: rows become objects whose values have the types that the stream's contract says.

A cell that does not fit its type stays text, a row that does not fit the header goes on as the line
that it is: so both become dead letters with a reason, and nothing is lost on the way.
"""

import csv
import re
from collections import deque
from collections.abc import Callable, Generator, Sequence
from typing import Any, get_origin

import msgspec

from models.events import fields_of
from models.streams import Stream
from sources.files.envelopes import contracts
from sources.files.lines import Left, Piece, Refuse, lines
from sources.files.place import Unreadable
from sources.files.unpacked import Unpacked

_LONGEST_QUOTED = 128 * 1024
"""A cell with line ends in it may be so long: a quote that is never closed must not take all."""

_LONGEST_HEADER = 64 * 1024
_INT = re.compile(r"[+-]?\d{1,30}", re.ASCII)
_FLOAT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)

Convert = Callable[[str], Any]
_encode = msgspec.json.Encoder().encode


class Columns:
    """The columns of one file."""

    def __init__(self, names: Sequence[str], stream: Stream, delimiter: str) -> None:
        if len(set(names)) < len(names) or "" in names:
            raise Unreadable("its header names a column twice, or not at all: correct it")
        declared = {
            one.name: one for contract in reversed(contracts(stream)) for one in fields_of(contract)
        }
        self._columns: list[tuple[str, Convert]] = [
            (name, _conversion(declared[name].type) if name in declared else str) for name in names
        ]
        self._delimiter = delimiter

    def value(self, line: bytes) -> bytes:
        """Give a row as an object. An empty cell is a field that is not there."""
        try:
            cells = cells_of(line, self._delimiter)
        except (csv.Error, UnicodeDecodeError):
            return line
        if len(cells) != len(self._columns):
            return line
        return _encode(
            {
                name: convert(cell)
                for (name, convert), cell in zip(self._columns, cells, strict=True)
                if cell
            }
        )


def header(stream: Unpacked, delimiter: str) -> tuple[list[str], int]:
    """Read the first line; give its cells, and where the line after it begins.

    Of a file that has no whole line yet, no cells. Raises Unreadable for what is no header.
    """
    held = b""
    while b"\n" not in held and (block := stream.read()):
        held += block
        if b"\n" not in held and len(held) > _LONGEST_HEADER:
            break
    line, end, _ = held.partition(b"\n")
    if not end or len(line) > _LONGEST_HEADER:
        if len(line) > _LONGEST_HEADER:
            raise Unreadable("its first line is no header: too long")
        return [], 0
    try:
        cells = cells_of(line.removeprefix(b"\xef\xbb\xbf"), delimiter)
    except (csv.Error, UnicodeDecodeError) as error:
        raise Unreadable(f"its first line is no header: {error}") from None
    return [cell.strip() for cell in cells], len(line) + 1


def cells_of(line: bytes, delimiter: str) -> list[str]:
    return next(csv.reader([line.decode().rstrip("\r\n")], delimiter=delimiter, strict=True), [])


def rows(
    stream: Unpacked, columns: Columns, count: int, longest: int, refuse: Refuse
) -> Generator[Piece, None, Left]:
    """Give rows as objects; returns what is left, with the lines of a row that is begun."""
    begun: list[bytes] = []
    reading = lines(stream, count, longest, refuse, untouched=True)
    while True:
        try:
            piece = next(reading)
        except StopIteration as ended:
            rest, is_too_long = ended.value
            return Left(b"\n".join([*begun, rest]), is_too_long)
        values, begun = _rows([*begun, *piece.values])
        held = sum(map(len, begun)) + len(begun)
        made = [columns.value(value) for value in values if value and not value.isspace()]
        yield Piece(made, piece.at - held, piece.count - len(begun))


def _rows(physical: Sequence[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Put lines together whose quotes are open; give whole rows, and the lines of a begun one."""
    found: list[bytes] = []
    begun: list[bytes] = []
    quotes = size = 0
    left = deque(physical)
    while left:
        line = left.popleft()
        if not begun and b'"' not in line:
            found.append(line)
            continue
        begun.append(line)
        quotes, size = quotes + line.count(b'"'), size + len(line)
        if quotes % 2 == 0:
            found.append(b"\n".join(begun))
        elif size > _LONGEST_QUOTED:  # never closed: the first line stands alone
            found.append(begun[0])
            left.extendleft(reversed(begun[1:]))
        else:
            continue
        begun, quotes, size = [], 0, 0
    return found, begun


def _conversion(declared: Any) -> Convert:
    if declared is int:
        return lambda cell: int(cell) if _INT.fullmatch(cell) else cell
    if declared is float:
        return lambda cell: float(cell) if _FLOAT.fullmatch(cell) else cell
    if get_origin(declared) is tuple:
        return _list
    return str  # decimals too: as text they are exact


def _list(cell: str) -> Any:
    if cell.startswith("["):
        try:
            return msgspec.json.decode(cell)
        except (msgspec.DecodeError, RecursionError):
            return cell
    return cell.split("|")
