"""Numbered records: what each is follows from its number, so a lost or double one has a name."""

from typing import NamedTuple

from generator.spoiled import KINDS
from generator.times import DAY, HOUR, MINUTE, rfc3339
from models.dead_letters import Reason

_CDNS = ("Akamai", "Fastly", "CloudFront")
_ASNS = tuple(range(64_512, 64_523))
_BAD_EVERY = 301
_LATE_EVERY = {13: 3 * MINUTE, 29: 5 * HOUR, 101: 9 * DAY}
"""One record in so many comes so late: all primes, and none divides another's turn."""


class Row(NamedTuple):
    """What an accepted record adds up to. `minute` counts minutes since 1970."""

    minute: int
    cdn: str
    asn: int
    kbps: int
    seconds: int


class NumberedRecord(NamedTuple):
    """One record and what it must become."""

    number: int
    value: bytes | None
    outcome: Row | Reason


def make(number: int, now: int) -> NumberedRecord:
    """Make the record of this number at this time, in milliseconds since 1970."""
    time = now - next((late for every, late in _LATE_EVERY.items() if number % every == 0), 0)
    cdn, asn = _CDNS[number * 7 % 3], _ASNS[number * 5 % 11]
    row = Row(time // MINUTE, cdn, asn, 300 + number % 7_919, 5 + number % 6)
    value = (
        b'{"time":"%b","session_id":"%d","platform":"web","channel":"News","asn":%d,'
        b'"current_cdn":"%b","video_profile_kbps":%d,"heartbeat_seconds":%d}'
        % (rfc3339(time), number, asn, cdn.encode(), row.kbps, row.seconds)
    )
    if number % _BAD_EVERY:
        return NumberedRecord(number, value, row)
    kind = KINDS[number // _BAD_EVERY % len(KINDS)]
    return NumberedRecord(number, kind.spoil(value), kind.reason)
