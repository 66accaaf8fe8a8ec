"""The keys of CTA-5004 (version 1) and CTA-5004-A (version 2): types, lengths and token values.

What a key may hold is checked for all of them, also those that no heartbeat needs: a line that is
wrong in one place was made by a reporter that may be wrong in another. Units are the standard's:
br, tb, lb, mtp, rtp in kbit/s, bl, dl, d, ltc, msd, pt, bsd, ttfb in milliseconds.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Literal

from edge.cmcd.dictionary import Members, Value

Version = Literal[1, 2]

_LONGEST_TEXT = 8_192
_LONGEST_CUSTOM = 64

_OF_ADS = frozenset(["abe", "abs", "ae", "as", "sk"])
_OF_PLAYERS = frozenset(["b", "bc", "c", "ce", "e", "h", "m", "pc", "pe", "pr", "ps", "t", "um"])
EVENTS = _OF_ADS | _OF_PLAYERS | {"rr"}
OBJECTS = frozenset(["a", "av", "c", "i", "k", "m", "o", "tt", "v"])
STATES = frozenset(["a", "d", "e", "f", "k", "p", "q", "r", "s", "w"])
FORMATS = frozenset(["d", "e", "h", "o", "s"])
STREAMS = frozenset(["l", "ll", "v"])

OF_RESPONSES = frozenset(["cmsdd", "cmsds", "rc", "smrt", "ttfb", "ttfbb", "ttlb", "url"])
"""What `e=rr` alone may say."""


class WrongValueError(ValueError):
    """A key holds what it may not. `key` is its name."""

    def __init__(self, key: str, words: str) -> None:
        super().__init__(f"{key}: {words}")
        self.key = key


Check = Callable[[Value], str]
"""What is wrong with a value, "" for nothing."""


def check(members: Members) -> Version:
    """Check every key that is known, and give the version. Raises WrongValueError."""
    for key, value in members.items():
        wrong = _wrong(key, value)
        if wrong:
            raise WrongValueError(key, wrong)
    return 2 if members.get("v", 1) == 2 else 1  # noqa: PLR2004 - the only other one is 1


def is_right(key: str, value: Value) -> bool:
    """Say whether a key may hold this."""
    return not _wrong(key, value)


def _wrong(key: str, value: Value) -> str:
    look = _KEYS.get(key)
    return look(value) if look is not None else _custom(key, value)


def _integer(value: Value) -> str:
    is_one = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return "" if is_one else "expected a whole number, not negative"


def _number(value: Value) -> str:
    is_one = isinstance(value, (int, Decimal)) and not isinstance(value, bool) and value >= 0
    return "" if is_one else "expected a number, not negative"


def _boolean(value: Value) -> str:
    return "" if isinstance(value, bool) else "expected a boolean, the key alone or ?0"


def _numbers(value: Value) -> str:
    # version 1 has a number where version 2 has a list, and players mix the two
    if not isinstance(value, tuple):
        return _number(value)
    if not value:
        return "an empty list"
    return next(filter(None, (_number(item) for item, _ in value)), "")


def _texts(value: Value) -> str:
    if not isinstance(value, tuple):
        return _text(_LONGEST_TEXT)(value)
    return next(filter(None, (_text(_LONGEST_TEXT)(item) for item, _ in value)), "")


def _text(longest: int) -> Check:
    def look(value: Value) -> str:
        if not isinstance(value, str):
            return "expected a string"
        if "\0" in value:  # JSON can say it, and no database keeps it
            return "contains a NUL character"
        return "" if len(value) <= longest else f"longer than {longest} characters"

    return look


def _named(value: Value) -> str:
    return _text(64)(value) if value != "" else "empty; expected what names the session"


def _token(known: frozenset[str]) -> Check:
    expected = f"expected one of {', '.join(sorted(known))}"

    def look(value: Value) -> str:
        return "" if isinstance(value, str) and value in known else expected

    return look


def _version(value: Value) -> str:
    is_known = value in (1, 2) and not isinstance(value, bool)
    return "" if is_known else "expected 1 or 2, the versions of CMCD that are known"


def _custom(key: str, value: Value) -> str:
    # a key without a hyphen is of a version to come: nothing is known of it
    if "-" in key and isinstance(value, str) and len(value) > _LONGEST_CUSTOM:
        return f"longer than {_LONGEST_CUSTOM} characters"
    return ""


def _each(names: str, look: Check) -> dict[str, Check]:
    return dict.fromkeys(names.split(), look)


_KEYS: Mapping[str, Check] = {
    **_each("d dfa dl ltc msd pt rc rtp sn ts ttfb ttfbb ttlb", _integer),
    **_each("pr", _number),
    **_each("bg bs nr su", _boolean),
    **_each("ab bl br bsa bsd bsda lab lb mtp pb tab tb tbl tpb", _numbers),
    **_each("ec nor", _texts),
    **_each("cid cdn h", _text(128)),
    **_each("cmsdd cmsds cs nrr smrt url", _text(_LONGEST_TEXT)),
    "cen": _text(64),
    "sid": _named,
    "e": _token(EVENTS),
    "ot": _token(OBJECTS),
    "sf": _token(FORMATS),
    "st": _token(STREAMS),
    "sta": _token(STATES),
    "v": _version,
}
