"""What ClickHouse's refusals mean for a sink: which verdict, and what to do.

Codes: https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp
"""

from collections.abc import Mapping

from config.environment import PlainError
from sinks.base import Fenced, Rejected, SinkUnavailable

FENCED = "headrace: fenced"
"""What our own guard throws."""

_LONGEST = 300

_CONSTRAINT_VIOLATED = 469
"""The one refusal that is about a record: all types are made by `encode`, in the same program.

A type that does not fit means that the table was changed, and must not turn every record into a
dead letter.
"""

_MIGRATE = "was a table or column changed or dropped? `headrace migrate --sink NAME` repairs it"
_RIGHTS = (
    "the user needs SELECT, INSERT, ALTER, CREATE TABLE, CREATE VIEW, DROP TABLE on its database"
)

_HINTS: Mapping[int, str] = {
    10: _MIGRATE,  # NOT_FOUND_COLUMN_IN_BLOCK
    16: _MIGRATE,  # NO_SUCH_COLUMN_IN_TABLE
    36: _MIGRATE,  # BAD_ARGUMENTS
    47: _MIGRATE,  # UNKNOWN_IDENTIFIER
    53: _MIGRATE,  # TYPE_MISMATCH
    60: _MIGRATE,  # UNKNOWN_TABLE
    70: _MIGRATE,  # CANNOT_CONVERT_TYPE
    81: _MIGRATE,  # UNKNOWN_DATABASE
    159: "it takes too long: look at its load, or raise command_seconds",
    164: "the user may only read: give the worker another user",
    193: "set user and password of this sink",
    194: "set user and password of this sink",
    202: "it is busy with other queries: look at its load",
    241: "it is out of memory: look at its load and max_server_memory_usage",
    242: "its table is read-only: look at its disks and log",
    243: "its disk is full: make room",
    252: "it has more parts than it merges in time: raise the flush interval, look at its disks",
    291: "set user and password of this sink",
    497: _RIGHTS,
    514: "it keeps no users that are made by SQL: make the reader in its configuration",
    516: "set user and password of this sink",
}

_FULL_DISK = "No space left on device"


class DeduplicationError(PlainError):
    """The server does not drop what was inserted twice: exactness cannot be had from it."""


def verdict(where: str, code: int, text: str) -> Fenced | Rejected | SinkUnavailable:
    """Make of a refusal what `Sink.write` may raise; `text` is the server's own words."""
    if FENCED in text:
        return Fenced(f"{where}: another worker has stored further")
    words = _shortened(text)
    if code == _CONSTRAINT_VIOLATED:
        return Rejected(words)
    hint = _HINTS.get(code, "its disk is full: make room" if _FULL_DISK in text else "")
    return SinkUnavailable(f"{where}: {hint}: {words}" if hint else f"{where}: {words}")


def _shortened(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…"
