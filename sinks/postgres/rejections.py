"""What PostgreSQL will never take, told apart from what it cannot take now."""

from collections.abc import Iterator
from contextlib import contextmanager
from struct import error as error_of_struct

import asyncpg

from sinks.base import Rejected, SinkUnavailable

_NEVER = (
    asyncpg.DataError,  # a sum beyond 64 bits, a character that the database's encoding lacks
    asyncpg.IntegrityConstraintViolationError,  # constraints that somebody has added
    asyncpg.ProgramLimitExceededError,  # an index entry or a row too large
)
_NOT_THE_RECORDS = (
    # a column is not of the type that its declaration says: no record of the stream would fit
    asyncpg.InvalidBinaryRepresentationError,
    asyncpg.BadCopyFileFormatError,
)
_LONGEST_WORDS = 300


@contextmanager
def told_apart(place: str) -> Iterator[None]:
    """Raise Rejected for what is wrong with the records; `place` says where they were to go."""
    try:
        yield
    except _NEVER as error:
        if _has_no_partition(error):
            raise SinkUnavailable(f"no partition of {place} for a row: {_words(error)}") from error
        if _is_not_the_records_fault(error):
            raise
        raise Rejected(f"{place}: {_words(error)} (SQLSTATE {error.sqlstate})") from error


@contextmanager
def counted(place: str) -> Iterator[None]:
    """Raise Rejected for what cannot be encoded, or exceeds what exact sums are made with."""
    try:
        yield
    except (ArithmeticError, ValueError, OSError, error_of_struct) as error:
        raise Rejected(f"{place}: {str(error)[:_LONGEST_WORDS] or repr(error)}") from error


def _has_no_partition(error: asyncpg.PostgresError) -> bool:
    # a constraint that somebody has added has a name, the bounds of a partition have none
    return isinstance(error, asyncpg.CheckViolationError) and not error.constraint_name


def _is_not_the_records_fault(error: asyncpg.PostgresError) -> bool:
    return isinstance(error, _NOT_THE_RECORDS) or any(
        # asyncpg raises the same class for a number too large and for what is no number at all
        isinstance(cause, TypeError)
        for cause in _causes(error)
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause = error.__cause__ or error.__context__
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _words(error: asyncpg.PostgresError) -> str:
    # asyncpg's own refusals quote the whole array; what is behind them says it in a few words
    return str(error.__cause__ or error.args[0])[:_LONGEST_WORDS]
