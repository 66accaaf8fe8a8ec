"""From a body to records, in each of the bridge's embedded formats. Pure."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Protocol

import msgspec

from edge.bridge.errors import BridgeError, unprocessable
from edge.records import Headers, Record
from models.dead_letters import ORIGIN

_SPACE = str.maketrans("", "", " \t\r\n")
_NULL = b"null"

_Partition = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
_Milliseconds = Annotated[int, msgspec.Meta(ge=0, lt=2**62)]


class _Header(msgspec.Struct, forbid_unknown_fields=True):
    key: str
    value: str


class _Common(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    partition: _Partition | None = None
    timestamp: _Milliseconds | None = None
    headers: list[_Header] | None = None


class _Json(_Common):
    value: msgspec.Raw
    key: msgspec.Raw = msgspec.Raw(_NULL)


class _Written(_Common):
    value: str | None
    key: str | None = None


class _JsonList(msgspec.Struct, forbid_unknown_fields=True):
    records: list[_Json]


class _WrittenList(msgspec.Struct, forbid_unknown_fields=True):
    records: list[_Written]


class _Read(Protocol):
    def __call__(self, value: Any) -> bytes | None: ...


class Format(msgspec.Struct, frozen=True):
    """An embedded format: what a list of records looks like, and how its values become bytes."""

    decode: Callable[[bytes], Any]
    to_bytes: _Read


def _of_json(value: msgspec.Raw) -> bytes | None:
    written = bytes(value)
    return None if written == _NULL else written


def _of_text(value: str | None) -> bytes | None:
    return None if value is None else value.encode()


def _of_base64(value: str | None) -> bytes | None:
    return None if value is None else b64decode(value.translate(_SPACE), validate=True)


_decode_written = msgspec.json.Decoder(_WrittenList).decode

FORMATS: Mapping[str, Format] = {
    "application/vnd.kafka.json.v2+json": Format(msgspec.json.Decoder(_JsonList).decode, _of_json),
    "application/vnd.kafka.binary.v2+json": Format(_decode_written, _of_base64),
    "application/vnd.kafka.text.v2+json": Format(_decode_written, _of_text),
}


def format_of(content_type: str) -> Format:
    """Find the format that a Content-Type names. Raises BridgeError 415."""
    said = content_type.partition(";")[0].strip().lower()
    if said not in FORMATS:
        raise BridgeError(415, f"Content-Type has to be one of {', '.join(FORMATS)}")
    return FORMATS[said]


def read(body: bytes, form: Format, partition: int | None, now: int) -> list[Record]:
    """Read the records of a body; `now`, in milliseconds, is the time of those that say none.

    Raises BridgeError 422: the bridge takes a list whole or not at all.
    """
    try:
        body.decode()  # msgspec does not look into what it leaves as it is
        listed = form.decode(body).records
    except UnicodeDecodeError:
        raise unprocessable("The body is not UTF-8") from None
    except RecursionError:
        raise unprocessable("The body is nested too deeply") from None
    except msgspec.ValidationError as error:
        raise unprocessable("The record list contains invalid records", [str(error)]) from None
    except msgspec.DecodeError as error:
        raise unprocessable(f"The body is no JSON: {error}") from None
    return [_record(place, one, form, partition, now) for place, one in enumerate(listed)]


def _record(place: int, one: Any, form: Format, partition: int | None, now: int) -> Record:
    if partition is not None and one.partition is not None:
        raise unprocessable("Partition specified in body and in request path")
    chosen = one.partition if partition is None else partition
    try:
        return Record(
            form.to_bytes(one.value),
            form.to_bytes(one.key),
            now if one.timestamp is None else max(1, one.timestamp),  # 0 says now to librdkafka
            -1 if chosen is None else chosen,
            _headers(one.headers or ()),
        )
    except binascii.Error as error:
        wrong = f"no base64: {error} - at `$.records[{place}]`"
        raise unprocessable("The record list contains invalid records", [wrong]) from None
    except UnicodeEncodeError:
        wrong = f"a lone surrogate, which UTF-8 has not - at `$.records[{place}]`"
        raise unprocessable("The record list contains invalid records", [wrong]) from None


def _headers(said: Any) -> Headers | None:
    # who sent a record says the edge alone
    headers: Headers = [(it.key, _of_base64(it.value)) for it in said if it.key != ORIGIN]
    return headers or None
