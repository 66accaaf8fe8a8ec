"""RFC 8941 dictionaries as CMCD uses them: text in, plain Python values out.

http-sf reads them by the RFC and is the judge. It takes 45 µs for a line, so what nearly every
player sends is read by a regular expression first, member by member: integers, decimals, tokens,
booleans, strings without an escape or a comma, and lists of integers with at most one parameter
each. A line with anything else goes to http-sf as a whole. tests/edge/cmcd/test_dictionary.py holds
the two together.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

import http_sf

Scalar = int | Decimal | str | bool
Listed = tuple[tuple[Scalar, str], ...]
"""Items of an inner list, each with the name of its first parameter, as `br=(3200;v 128;a)` has."""

Value = Scalar | Listed
Members = Mapping[str, Value]

_INTEGER = r"-?[0-9]{1,15}"
_ITEM = rf"{_INTEGER}(?:;[a-z]+)?"
_MEMBER = re.compile(
    rf"""\x20* ([a-z*][a-z0-9_.*-]*)
    (?: =
      (?: ({_INTEGER})
        | ("[\x20\x21\x23-\x5b\x5d-\x7e]*")
        | ([A-Za-z*][A-Za-z0-9!\#$%&'*+.^_`|~:/-]*)
        | \(({_ITEM}(?:\x20+{_ITEM})*)\)
        | (-?[0-9]{{1,12}}\.[0-9]{{1,3}})
        | (\?[01])
      )
    )? \x20*""",
    re.VERBOSE,
)
_SHORT = 40
"""Members up to here are remembered: `ot=v` and `br=3200` come with every line, an id with few."""


class NotADictionaryError(ValueError):
    """The text is no RFC 8941 dictionary; the message says why, the same for the same mistake."""


class _NotPlainError(ValueError):
    """A member that only http-sf can judge."""


def parse(text: str) -> dict[str, Value]:
    """Read a dictionary; of a key that is there twice the last value holds, as the RFC says.

    Tokens and strings both become str: players take one for the other. Raises NotADictionaryError.
    """
    found = _parse_plain(text)
    return parse_by_the_rfc(text) if found is None else found


def plain_reader(
    is_right: Callable[[str, Value], bool],
) -> Callable[[str], dict[str, Value] | None]:
    """Make what reads a dictionary whose members are all plain, and right; None for any other.

    A member that is remembered is not judged again, so `is_right` goes by key and value alone.
    """

    def judged(part: str) -> tuple[str, Value]:
        key, value = _member(part)
        if not is_right(key, value):
            raise _NotPlainError(part)
        return key, value

    remembered = lru_cache(maxsize=8_192)(judged)

    def read(text: str) -> dict[str, Value] | None:
        try:
            # a string with a comma falls in two here, neither of which is a member
            return dict(
                [
                    remembered(part) if len(part) < _SHORT else judged(part)
                    for part in text.split(",")
                ]
            )
        except _NotPlainError:
            return None

    return read


def _member(part: str) -> tuple[str, Value]:
    found = _MEMBER.fullmatch(part)
    if found is None:
        raise _NotPlainError(part)
    place = found.lastindex
    key: str = found[1]
    if place is None or place == 1:
        return key, True
    return key, _READ[place](found[place])


def _integers(listed: str) -> Listed:
    items = []
    for item in listed.split():
        number, _, parameter = item.partition(";")
        items.append((int(number), parameter))
    return tuple(items)


def _unquoted(string: str) -> str:
    return string[1:-1]


def _is_true(boolean: str) -> bool:
    return boolean == "?1"


_READ: Mapping[int, Callable[[str], Value]] = {
    2: int,
    3: _unquoted,
    4: str,
    5: _integers,
    6: Decimal,
    7: _is_true,
}
"""How to read each group of _MEMBER."""


_parse_plain = plain_reader(lambda _key, _value: True)


def parse_by_the_rfc(text: str) -> dict[str, Value]:
    """Read with http-sf alone: slower, and whatever the RFC allows. Raises NotADictionaryError."""
    try:
        read: Any = http_sf.parse(text.encode("ascii"), tltype="dictionary")
    except UnicodeEncodeError:
        raise NotADictionaryError("a character that is not ASCII") from None
    except ValueError as error:  # http-sf's own is one; its place in the text is not in args
        raise NotADictionaryError(*error.args[:1]) from None
    return {key: _value(*member) for key, member in read.items()}


def _value(bare: Any, parameters: Mapping[str, Any]) -> Value:
    del parameters  # CMCD gives parameters to the items of lists alone
    if isinstance(bare, list):
        return tuple((_scalar(item), next(iter(named), "")) for item, named in bare)
    return _scalar(bare)


def _scalar(bare: Any) -> Scalar:
    # a date, a byte sequence and a display string are of no use to CMCD: no key's check takes text
    # for a number, and as text they are as good as any
    return bare if isinstance(bare, (bool, int, Decimal, str)) else str(bare)
