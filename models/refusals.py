"""Words that are the same for every record with the same mistake, apart from what varies.

A million records with one mistake are then one line of `GROUP BY detail`, not a million.
"""

import re
from typing import Any

_PLACES = (
    re.compile(r" \(byte (\d+)\)"),  # msgspec: where it stopped reading
    re.compile(r" at (line \d+ column \d+)"),  # pydantic's JSON reader
    re.compile(r" - at `([^`]*)`"),  # msgspec: the path of a value
    re.compile(r", not (\d+|more than \d+)$"),  # pydantic: how many items there were
)
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w.])")
_CODE = re.compile(r" \(SQLSTATE \w+\)$")


class VaryingError(ValueError):
    """A value is wrong in a way that needs numbers to tell; `context` has them."""

    def __init__(self, words: str, context: str) -> None:
        super().__init__(words)
        self.context = context


def without_places(words: str) -> tuple[str, list[str]]:
    """Take out where in the record, and how many items there were: the words, and those."""
    found = [match for pattern in _PLACES for match in pattern.findall(words)]
    for pattern in _PLACES:
        words = pattern.sub("", words)
    return words, found


def of_unicode(error: UnicodeDecodeError) -> tuple[str, str]:
    """Say what is wrong with bytes that are no UTF-8, and which byte is the first of them."""
    return f"not UTF-8: {error.reason}", f"byte {error.start}: 0x{error.object[error.start]:02x}"


def of_sink(words: str) -> tuple[str, str]:
    """Take the numbers out of a database's words; the context has all of them where there were."""
    code = _CODE.search(words)
    said, end = (words[: code.start()], code[0]) if code else (words, "")
    stable = _NUMBER.sub("…", said) + end
    return stable, "" if stable == words else words


def path(loc: tuple[int | str, ...]) -> tuple[str, str]:
    """Name a field; where it is within an array, any item's place is told alike: `genre[]`."""
    stable = "".join("[]" if isinstance(part, int) else f".{part}" for part in loc).lstrip(".")
    exact = ".".join(str(part) for part in loc)
    return stable or "event", "" if stable == exact else exact


def context_of(item: dict[str, Any]) -> str:
    """Give what a check of ours had to add to its words."""
    error = item.get("ctx", {}).get("error")
    return error.context if isinstance(error, VaryingError) else ""
