"""Why a record is no row, in words that help whoever sent it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from pydantic import BaseModel, ValidationError

from models.dead_letters import ORIGIN, DeadLetter, Reason
from models.events import fields_of
from models.positions import TopicPartition
from models.records import Record
from models.refusals import context_of, of_unicode, path, without_places

Event = TypeVar("Event", bound=BaseModel)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
FIRST_TIME = (datetime.min.replace(tzinfo=UTC) - EPOCH) // MICROSECOND
LAST_TIME = (datetime.max.replace(tzinfo=UTC) - EPOCH) // MICROSECOND

FIRST_YEAR, LAST_YEAR = 1900, 2099
"""Events are of these years, whatever their records' timestamps say.

A record may have no timestamp, or one that is as wrong as its event. A fixed bound is the one that
every replay repeats; the clock is not.
"""
FIRST_KEPT = (datetime(FIRST_YEAR, 1, 1, tzinfo=UTC) - EPOCH) // MICROSECOND
LAST_KEPT = (datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC) - EPOCH) // MICROSECOND - 1


@dataclass(frozen=True, slots=True)
class Limits:
    """What makes a well-formed event a dead letter; all three are properties of the record."""

    skew_seconds: int = 60
    """How far the event time may lie ahead of the record's timestamp."""

    retention_seconds: int = 60 * 86_400
    """How far it may lie behind."""

    event_bytes: int = 1_048_576


_LONGEST_ORIGIN = 200
_MOST_ERRORS = 200
"""More than an event has fields: an array with an error in every item is megabytes of words."""


class Refused(Exception):  # noqa: N818 - carries a verdict
    """A record is no row."""

    def __init__(self, reason: Reason, detail: str, context: str = "") -> None:
        super().__init__(reason, detail, context)
        self.reason = reason
        self.detail = detail
        self.context = context


def read(contract: type[Event], value: bytes | None, limits: Limits) -> Event:
    """Read with the contract itself: slowly, and Refused tells what a person needs to know."""
    present = readable(value, limits)
    try:
        return contract.model_validate_json(_as_pydantic_should_see_it(contract, present))
    except ValidationError as error:
        if error.error_count() > _MOST_ERRORS:  # before any of them is put into words
            count = f"{error.error_count()} errors"
            raise Refused(
                "invalid", f"more than {_MOST_ERRORS} errors in one event", count
            ) from None
        raise Refused(_reason(error), *_explain(error)) from None


def readable(value: bytes | None, limits: Limits) -> bytes:
    """Give what is JSON of a fair size, whatever it says. Raises Refused."""
    if value is None:
        raise Refused("malformed", "no value (a tombstone)")
    if len(value) > limits.event_bytes:
        allowed = f"more than the {limits.event_bytes} bytes that are allowed"
        raise Refused("too_large", allowed, f"{len(value)} bytes")
    try:
        value.decode()  # the next line may end at a number out of range, before it has seen all
        msgspec.json.decode(value)
    except RecursionError:
        raise Refused("malformed", "nested too deeply") from None
    except UnicodeDecodeError as error:
        raise Refused("malformed", *of_unicode(error)) from None
    except msgspec.DecodeError as error:
        # a number out of range is JSON all the same: the contract says what it thinks of it
        if not isinstance(error, msgspec.ValidationError):
            words, places = without_places(str(error))
            raise Refused(
                "malformed", words, ", ".join(f"byte {place}" for place in places)
            ) from None
    return value


def judge_time(time: int, timestamp: int, limits: Limits) -> Refused | None:
    """Hold an event time (microseconds) against its record's timestamp (milliseconds).

    Both are properties of the record, so every replay comes to the same verdict. A record without
    a timestamp (negative) is judged by its year alone.
    """
    if not FIRST_TIME <= time <= LAST_TIME:
        return Refused("invalid", "event time: not in the years 1 to 9999, in UTC")
    against_record = _judge_against_record(time, timestamp, limits) if timestamp >= 0 else None
    return against_record or _judge_year(time)


def _judge_against_record(time: int, timestamp: int, limits: Limits) -> Refused | None:
    ahead = (time - timestamp * 1_000) / 1_000_000
    if ahead > limits.skew_seconds:
        return Refused(
            "from_the_future",
            f"event time more than {limits.skew_seconds} s after the record's",
            f"{ahead:.0f} s after it",
        )
    if -ahead > limits.retention_seconds:
        return Refused(
            "expired",
            f"event time more than {limits.retention_seconds} s before the record's",
            f"{-ahead:.0f} s before it",
        )
    return None


def _judge_year(time: int) -> Refused | None:
    if FIRST_KEPT <= time <= LAST_KEPT:
        return None
    year = (EPOCH + time * MICROSECOND).year
    return Refused(
        "expired" if time < FIRST_KEPT else "from_the_future",
        f"event time not in the years {FIRST_YEAR} to {LAST_YEAR}",
        f"the year {year}",
    )


def dead_letter(tp: TopicPartition, record: Record, refusal: Refused) -> DeadLetter:
    """Keep a refused record with its reason."""
    return DeadLetter(
        topic=tp.topic,
        partition=tp.partition,
        offset=record.offset,
        timestamp=record.timestamp,
        reason=refusal.reason,
        detail=_storable(refusal.detail),
        payload=record.value,
        context=_storable("; ".join(filter(None, [refusal.context, _origin(record)]))),
    )


def _origin(record: Record) -> str:
    """Say who sent it, where its record does."""
    headers: Iterable[tuple[str, bytes | None]] = getattr(record, "headers", None) or ()
    said = next((value for name, value in headers if name == ORIGIN), None)
    return f"sent by {said[:_LONGEST_ORIGIN].decode(errors='replace')}" if said else ""


def _as_pydantic_should_see_it(contract: type[BaseModel], value: bytes) -> bytes:
    # Unknown fields are not its business: it reads them less deep than msgspec does. And a JSON
    # number becomes a float on its way to a Decimal: as a string it stays what it is.
    try:
        written = _MEMBERS.decode(value)
    except msgspec.DecodeError:
        return value  # no object, or none to the end: pydantic has the words for it
    fields = [field for field in fields_of(contract) if field.name in written]
    return msgspec.json.encode(
        {
            field.name: _quoted(written[field.name])
            if field.type is Decimal
            else written[field.name]
            for field in fields
        }
    )


def _quoted(written: msgspec.Raw) -> msgspec.Raw:
    text = bytes(written)
    return msgspec.Raw(b'"%b"' % text) if text[:1] in b"-0123456789" else written


_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])


def _reason(error: ValidationError) -> Reason:
    unreadable = error.errors(include_url=False)[0]["type"] == "json_invalid"
    return "malformed" if unreadable else "invalid"


def _explain(error: ValidationError) -> tuple[str, str]:
    """Give the words for all mistakes, and what varies of them."""
    details, contexts = [], []
    for item in error.errors(include_url=False, include_input=False):
        field, exact = path(item["loc"])
        words, places = without_places(_words(item))
        details.append(f"{field}: {words}")
        varies = ", ".join(filter(None, [*places, context_of(dict(item))]))
        if exact or varies:
            contexts.append(f"{exact or field}: {varies}" if varies else exact)
    # an array with the same mistake in many items has it once
    return "; ".join(dict.fromkeys(details)), "; ".join(contexts)


def _words(item: Mapping[str, Any]) -> str:
    # behind a check of ours pydantic no longer knows that it counts characters
    about = item.get("ctx", {})
    if about.get("field_type") != "Value":
        return str(item["msg"])
    if item["type"] == "too_short":
        return f"String should have at least {about['min_length']} characters"
    return f"String should have at most {about['max_length']} characters"


def _storable(detail: str) -> str:
    # an error may quote the input: NUL and lone surrogates, which no database takes, and megabytes
    return detail[:1_000].encode(errors="replace").decode().replace("\0", "\\0")
