"""Lines of a file, a block of them at a time, none longer than is allowed."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import NamedTuple

from sources.files.unpacked import Unpacked

Refuse = Callable[[str, int, str], None]
"""Counts and tells what is left out: by which word, the line's number, and how large it is."""

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Piece:
    """Values that follow each other; `at` is where what comes next begins, `count` its number."""

    values: list[bytes]
    at: int
    count: int


class Left(NamedTuple):
    """What comes after the last line's end, without a line that is too long already."""

    rest: bytes
    is_too_long: bool
    """Whether such a line goes on where the file ends now."""


def lines(
    stream: Unpacked, count: int, longest: int, refuse: Refuse, *, untouched: bool = False
) -> Generator[Piece, None, Left]:
    r"""Give whole lines; returns what is left.

    Empty lines and the `\r` of Windows are left out, unless `untouched`.
    """
    at = stream.position
    rest, skipped = b"", 0
    while block := stream.read():
        if at == 0 and block.startswith(_BOM):
            at, block = len(_BOM), block[len(_BOM) :]
        end = block.rfind(b"\n") + 1
        if skipped:  # in a line that was refused already
            first = block.find(b"\n") + 1
            if not first:
                skipped += len(block)
                continue
            at, count, skipped, rest = at + skipped + first, count + 1, 0, b""
            block, end = block[first:], end - first
        if not end:
            rest += block
            if len(rest) > longest:
                refuse("line too long", count + 1, f"more than {longest:,} bytes")
                rest, skipped = b"", len(rest)
            continue
        whole = rest + block[:end] if rest else block[:end]
        rest = block[end:]
        values = _split(whole, count, longest, refuse, untouched=untouched)
        at, count = at + len(whole), count + whole.count(b"\n")
        yield Piece(values, at, count)
    if len(rest) > longest:  # it came with the end of the line before
        refuse("line too long", count + 1, f"more than {longest:,} bytes")
        rest, skipped = b"", len(rest)
    return Left(rest, is_too_long=skipped > 0)


def _split(
    whole: bytes, count: int, longest: int, refuse: Refuse, *, untouched: bool
) -> list[bytes]:
    if not untouched and b"\r\n" in whole:
        whole = whole.replace(b"\r\n", b"\n")
    values = whole.split(b"\n")
    values.pop()
    if max(map(len, values)) > longest:
        for number, value in enumerate(values, count + 1):
            if len(value) > longest:
                refuse("line too long", number, f"{len(value):,} bytes")
        values = [value for value in values if len(value) <= longest]
    return values if untouched else [value for value in values if value and not value.isspace()]
