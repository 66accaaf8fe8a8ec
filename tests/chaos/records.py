"""Numbered records: what each is follows from its number, so a lost or double one has a name."""

from typing import NamedTuple

from generator.streams import SIMULATED
from generator.times import DAY, HOUR, MINUTE
from models.dead_letters import Reason
from tests.chaos.streams import MAKERS, Adds

STREAMS = tuple(MAKERS)

_BAD_EVERY = 301
_LATE_EVERY = {13: 3 * MINUTE, 29: 5 * HOUR, 101: 9 * DAY}
"""One record in so many comes so late: all primes, and none divides another's turn."""


class NumberedRecord(NamedTuple):
    """One record and what it must become: a dead letter, or what it adds up to."""

    number: int
    stream: str
    value: bytes | None
    outcome: Reason | tuple[Adds, ...]


def make(number: int, now: int) -> NumberedRecord:
    """Make the record of this number at this time, in milliseconds since 1970."""
    time = now - next((late for every, late in _LATE_EVERY.items() if number % every == 0), 0)
    stream = STREAMS[number % len(STREAMS)]
    made = MAKERS[stream](number, time)
    if is_row(number):
        return NumberedRecord(number, stream, made.value, made.adds)
    kinds = SIMULATED[stream].kinds
    kind = kinds[number // _BAD_EVERY % len(kinds)]
    return NumberedRecord(number, stream, kind.spoil(made.value), kind.reason)


def is_row(number: int) -> bool:
    """Say whether the record of this number becomes a row; else it is a dead letter."""
    return bool(number % _BAD_EVERY)
