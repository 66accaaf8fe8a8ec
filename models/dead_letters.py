"""Records that never will be rows, kept with their reason."""

from dataclasses import dataclass
from typing import Literal, get_args

Reason = Literal[
    "malformed",  # not JSON: truncated, invalid UTF-8, NaN, nested too deeply, no value at all
    "invalid",  # JSON, but not this event: a missing field, a wrong type, a value out of bounds
    "unknown_schema_version",
    # event time later than the record's timestamp by more than the allowed skew, or after 2099
    "from_the_future",
    # event time older than the retention when the record was produced, or before 1900
    "expired",
    "too_large",
    "rejected_by_sink",
]

REASONS: tuple[Reason, ...] = get_args(Reason)


ORIGIN = "headrace.origin"
"""The record header that says who sent it: an edge writes it on what it refused."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One refused record. `timestamp` is the record's, in milliseconds; `payload` is untouched.

    `detail` has the same words for every record with the same mistake; what varies (a number, a
    place in the bytes) is `context`, "" where there is nothing.
    """

    topic: str
    partition: int
    offset: int
    timestamp: int
    reason: Reason
    detail: str
    payload: bytes | None
    context: str = ""

    @property
    def key(self) -> str:
        """The same for every replay of the same record."""
        return f"{self.topic}-{self.partition}-{self.offset}"
