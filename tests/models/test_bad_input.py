"""What producers get wrong in each stream: the reason, and a detail that helps them."""

import json
import re
import tracemalloc
from typing import Annotated, Any

import pytest
from pydantic import Field

from models.dead_letters import DeadLetter
from models.decode import Decoder
from models.events import Event
from models.streams import Stream
from models.types import EventTime, StoredAs, Text
from models.validation import Limits
from tests.models.examples import FORMS, NAMES, Form
from tests.models.records import batch_of

SESSION, MEDIA, NEWEST = "content_sessions", "media_events 1.1", "media_events 2.0"
ACTIVITY, SHOP, MARKET = "user_activity", "purchases", "market_ticks"


def refused(name: str, reason: str, detail: str, value: bytes, say: str) -> Any:
    return pytest.param(name, value, reason, detail, id=f"{name}: {say}")


def wrong(name: str, say: str, detail: str, **fields: Any) -> Any:
    return refused(name, "invalid", detail, FORMS[name].event(**fields), say)


BAD = [
    wrong(
        SESSION,
        "a bitrate in words",
        "video_profile_kbps: .*valid integer",
        video_profile_kbps="4k",
    ),
    wrong(
        SESSION, "a network beyond 32 bits", "asn: .*less than or equal to 4294967295", asn=2**32
    ),
    wrong(
        SESSION,
        "a time without a zone",
        "time: .*RFC 3339 with a time zone",
        time="2026-11-22T10:05:00",
    ),
    wrong(
        MEDIA,
        "no address",
        "ip_address: .*no IP address; expected one like 192",
        ip_address="1.2.3",
    ),
    wrong(
        MEDIA, "an address with a zone", "ip_address: .*no IP address", ip_address="fe80::1%eth0"
    ),
    wrong(MEDIA, "an address with a port", "ip_address: .*no IP", ip_address="192.0.2.1:80"),
    wrong(MEDIA, "genre as a string", "genre: .*valid (array|tuple)", genre="drama"),
    wrong(MEDIA, "a genre that is none", r"genre\[\]: .*valid string", genre=["drama", None]),
    wrong(MEDIA, "a genre too long", r"genre\[\]: .*at most 64", genre=["x" * 65]),
    wrong(MEDIA, "an unknown type", "event_type: .*'play', 'pause' or 'stop'", event_type="seek"),
    wrong(
        MEDIA, "a negative position", "current_timestamp: .*greater than", current_timestamp=-0.1
    ),
    wrong(MEDIA, "NUL in an unknown field", "unknown field: .*NUL", note="a\0b"),
    wrong(
        MEDIA, "a version that is no string", "schema_version: .*valid string", schema_version=1.1
    ),
    wrong(NEWEST, "half a millisecond", "position_ms: .*valid integer", position_ms=0.5),
    refused(
        NEWEST,
        "invalid",
        "event_time: Field required",
        FORMS[MEDIA].event(schema_version="2.0"),
        "the fields of 1.1",
    ),
    refused(
        MEDIA,
        "unknown_schema_version",
        r"schema_version is none that is known: 1\.0, 1\.1, 2\.0",
        FORMS[MEDIA].event(schema_version="3.0"),
        "an unknown major version",
    ),
    refused(
        MEDIA,
        "unknown_schema_version",
        "schema_version is none that is known",
        FORMS[MEDIA].event(schema_version="v1"),
        "no version",
    ),
    wrong(ACTIVITY, "an impossible country", "country: .*no country.*like DE", country="XX"),
    wrong(ACTIVITY, "a country in small letters", "country: .*no country", country="de"),
    wrong(ACTIVITY, "a country by its name", "country: .*ISO 3166-1 alpha-2", country="Germany"),
    wrong(ACTIVITY, "no page", "page: .*at least 1 character", page=""),
    wrong(SHOP, "an impossible country", "country: .*no country", country="UK"),
    wrong(SHOP, "no currency", "currency: .*no currency.*like EUR", currency="€"),
    wrong(SHOP, "negative quantity", "quantity: .*greater than or equal to 1", quantity=-1),
    wrong(SHOP, "a quantity in halves", "quantity: .*valid integer", quantity=1.5),
    wrong(SHOP, "a negative amount", "amount: .*from 0 to 1000000000000", amount="-0.01"),
    wrong(SHOP, "no number", "amount: .*finite number", amount="NaN"),
    wrong(SHOP, "a number in words", "amount: .*valid decimal", amount="12,50"),
    wrong(SHOP, "half a cent", "more decimals than its currency", currency="EUR"),
    wrong(SHOP, "half a yen", "more decimals than its currency", currency="JPY", amount=1),
    wrong(SHOP, "five decimals", "amount: .*at most 4 decimals", amount="0.00001"),
    wrong(MARKET, "a price of 0", "price: .*from 0.000000000001 to", price="0"),
    wrong(MARKET, "a negative price", "price: .*from 0.000000000001 to", price=-1),
    wrong(MARKET, "a zero that would fill the disk", "last_size: .*from 0", last_size="0e999999"),
    wrong(MARKET, "13 decimals", "last_size: .*at most 12 decimals", last_size="0.0000000000001"),
    wrong(MARKET, "a sequence beyond 64 bits", "sequence: .*less than or equal", sequence=2**63),
    wrong(MARKET, "a side that is none", "side: .*'buy' or 'sell'", side="hold"),
]


@pytest.mark.parametrize(("name", "value", "reason", "detail"), BAD)
def test_a_mistake_is_a_dead_letter_that_says_what_is_wrong(
    name: str, value: bytes, reason: str, detail: str
) -> None:
    form = FORMS[name]
    batch = batch_of([form.event(), value, form.event()])

    decoded = Decoder(form.stream, Limits()).decode(batch)

    [letter] = decoded.dead_letters
    assert (letter.reason, letter.offset, letter.payload) == (reason, 1, value)
    assert_tells(letter, detail)
    assert decoded.offsets == [0, 2]


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_field_is_named(name: str) -> None:
    form = FORMS[name]
    required = {
        field for field, declared in contract(form).model_fields.items() if declared.is_required()
    }

    for field in required:
        [letter] = (
            Decoder(form.stream, Limits()).decode(batch_of([form.without(field)])).dead_letters
        )
        assert (letter.reason, letter.detail) == ("invalid", f"{field}: Field required")


def test_an_array_of_mistakes_costs_no_more_than_its_bytes() -> None:
    form = FORMS[MEDIA]
    value = form.event(genre=list(range(120_000)))
    decoder = Decoder(form.stream, Limits())

    tracemalloc.start()
    [letter] = decoder.decode(batch_of([value])).dead_letters
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert_tells(letter, r"genre\[\]: .*valid string")
    assert len(letter.detail) < 200
    assert peak < 30 * len(value)


class Tagged(Event):
    time: EventTime
    tags: Annotated[
        tuple[Annotated[Text, Field(max_length=9)], ...],
        Field(max_length=9),
        StoredAs(kind="text[]"),
    ]


def test_a_declaration_that_does_not_fail_fast_is_bounded_too() -> None:
    stream = Stream(topic="tagged", event=Tagged, event_time="time", windows=())
    value = json.dumps({"time": "2026-11-22T10:05:00Z", "tags": list(range(50_000))}).encode()

    [letter] = Decoder(stream, Limits()).decode(batch_of([value])).dead_letters

    assert (letter.reason, letter.detail) == ("invalid", "more than 200 errors in one event")
    assert letter.context == "50000 errors"


GOOD = {
    "an IPv6 address": (MEDIA, {"ip_address": "2001:db8::1"}, "ip_address", "2001:db8::1"),
    "IPv4 within IPv6": (
        MEDIA,
        {"ip_address": "::ffff:192.0.2.1"},
        "ip_address",
        "::ffff:192.0.2.1",
    ),
    "no genre": (MEDIA, {"genre": []}, "genre", ()),
    "a whole position": (MEDIA, {"current_timestamp": 120}, "position_seconds", 120.0),
    "an unknown minor version": (MEDIA, {"schema_version": "1.7"}, "schema_version", "1.7"),
    "an unknown minor of 2": (NEWEST, {"schema_version": "2.1"}, "duration_seconds", 9_180),
    "three decimals": (SHOP, {"currency": "KWD", "unit_price": "1.125"}, "currency", "KWD"),
    "zeros at the end": (SHOP, {"currency": "EUR", "unit_price": "1.500"}, "currency", "EUR"),
    "a gift": (SHOP, {"amount": 0}, "amount", 0),
    "no element": (ACTIVITY, {"element": None}, "element", None),
    "a trade of size 0": (MARKET, {"last_size": 0}, "last_size", 0),
}


@pytest.mark.parametrize(("name", "fields", "column", "value"), GOOD.values(), ids=GOOD)
def test_what_is_odd_but_right_is_a_row(
    name: str, fields: dict[str, Any], column: str, value: Any
) -> None:
    form = FORMS[name]

    decoded = Decoder(form.stream, Limits()).decode(batch_of([form.event(**fields)]))

    assert not decoded.dead_letters
    assert decoded.columns[form.stream.column_names.index(column)] == (value,)


def assert_tells(letter: DeadLetter, detail: str) -> None:
    assert re.search(detail, letter.detail), letter.detail


def contract(form: Form) -> Any:
    versions = form.stream.versions
    return versions.released[form.version].contract if versions else form.stream.event
