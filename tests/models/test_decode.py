"""Every record ends as a row or as a dead letter with its reason; none raises."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.content_sessions import CONTENT_SESSIONS
from models.decode import Decoder
from models.records import RecordBatch
from models.validation import Limits
from tests.models.records import (
    NOW_MILLISECONDS,
    TP,
    KafkaRecord,
    batch_of,
    heartbeat,
    seconds_from_now,
)
from tests.models.spoiling import damaged_heartbeats, heartbeats

DECODER = Decoder(CONTENT_SESSIONS, Limits(event_bytes=1_000_000))
DAY = 86_400


def raw(field: str, value: bytes) -> bytes:
    """Make a heartbeat in which one field is written as these bytes."""
    return heartbeat(**{field: "HERE"}).replace(b'"HERE"', value)


ROWS = {
    "plain": heartbeat(),
    "unknown fields": heartbeat(unknown=[{"a": None}], other=1.5),
    "an unknown number beyond int64": heartbeat(unknown=2**70),
    "an unknown 1e400": raw("unknown", b"1e400"),
    "NUL in an unknown field": heartbeat(unknown="\0"),
    "the last of two equal names": raw("asn", b'"x", "asn": 1'),
    "a character of four bytes": heartbeat(channel="😀"),
    "minus zero": raw("asn", b"-0"),
    "a default": heartbeat(heartbeat_seconds=10),
}

DEAD = {
    "tombstone": (None, "malformed"),
    "empty value": (b"", "malformed"),
    "truncated": (heartbeat()[:-1], "malformed"),
    "two values": (heartbeat() + heartbeat(), "malformed"),
    "not JSON": (b"hello", "malformed"),
    "invalid UTF-8": (raw("channel", b'"\xff"'), "malformed"),
    "invalid UTF-8 in an unknown field": (raw("unknown", b'"\xff"'), "malformed"),
    "lone surrogate": (raw("channel", rb'"\ud800"'), "malformed"),
    "lone surrogate beside NUL": (raw("channel", rb'"\u0000\ud800"'), "malformed"),
    "NaN": (raw("asn", b"NaN"), "malformed"),
    "NaN in an unknown field": (raw("unknown", b"NaN"), "malformed"),
    "Infinity": (raw("asn", b"-Infinity"), "malformed"),
    "deep nesting": (b"[" * 100_000, "malformed"),
    "deep nesting of an event": (raw("asn", b"[" * 5_000 + b"]" * 5_000), "malformed"),
    "deeper than the contract reads": (raw("asn", b"[" * 500 + b"]" * 500), "malformed"),
    "no object": (b"[1]", "invalid"),
    "null": (b"null", "invalid"),
    "missing field": (heartbeat().replace(b"asn", b"nsa"), "invalid"),
    "field null": (heartbeat(asn=None), "invalid"),
    "optional field null": (heartbeat(heartbeat_seconds=None), "invalid"),
    "number as text": (heartbeat(asn="3320"), "invalid"),
    "whole float": (heartbeat(asn=1.0), "invalid"),
    "whole float in powers of ten": (raw("asn", b"1e3"), "invalid"),
    "boolean": (heartbeat(asn=True), "invalid"),
    "1e400": (raw("asn", b"1e400"), "invalid"),
    "beyond int64": (heartbeat(asn=2**63), "invalid"),
    "beyond uint64": (heartbeat(asn=2**64), "invalid"),
    "negative": (heartbeat(asn=-1), "invalid"),
    "empty text": (heartbeat(channel=""), "invalid"),
    "long text": (heartbeat(channel="x" * 129), "invalid"),
    "NUL": (heartbeat(channel="a\0b"), "invalid"),
    "time without offset": (heartbeat("2026-11-22T10:05:00"), "invalid"),
    "time as number": (raw("time", b"1795341900"), "invalid"),
    "year 0": (heartbeat("0000-01-01T00:00:00Z"), "invalid"),
    "year 0 in UTC": (heartbeat("0001-01-01T00:00:00+10:00"), "invalid"),
    "year 1": (heartbeat("0001-01-01T00:00:00Z"), "expired"),
    "year 9999": (heartbeat("9999-12-31T23:59:59.999999Z"), "from_the_future"),
    "year 10000 in UTC": (heartbeat("9999-12-31T23:59:59.9-10:00"), "invalid"),
    "too large": (heartbeat(unknown="x" * 1_000_000), "too_large"),
}


@pytest.mark.parametrize("value", ROWS.values(), ids=ROWS)
def test_a_good_record_is_a_row(value: bytes) -> None:
    decoded = DECODER.decode(batch_of([value]))

    assert decoded.offsets == [0]
    assert not decoded.dead_letters


@pytest.mark.parametrize(("value", "reason"), DEAD.values(), ids=DEAD)
def test_a_bad_record_is_a_dead_letter_with_its_reason(value: bytes | None, reason: str) -> None:
    decoded = DECODER.decode(batch_of([heartbeat(), value, heartbeat()], start=7))

    [letter] = decoded.dead_letters
    assert (letter.reason, letter.offset, letter.payload) == (reason, 8, value)
    assert letter.detail
    assert letter.key == "content_sessions-0-8"
    assert decoded.offsets == [7, 9]
    assert (decoded.last_offset, decoded.last_timestamp) == (9, NOW_MILLISECONDS)


@given(
    st.lists(
        st.one_of(st.none(), st.binary(), heartbeats(), damaged_heartbeats()),
        min_size=1,
        max_size=8,
    )
)
def test_rows_and_dead_letters_are_all_records_whatever_their_bytes(
    values: list[bytes | None],
) -> None:
    decoded = DECODER.decode(batch_of(values))

    offsets = [*decoded.offsets, *(letter.offset for letter in decoded.dead_letters)]
    assert sorted(offsets) == list(range(len(values)))
    assert all(len(column) == len(decoded.offsets) for column in decoded.columns)
    assert [letter.payload for letter in decoded.dead_letters] == [
        values[letter.offset] for letter in decoded.dead_letters
    ]


def test_details_can_be_stored_whatever_they_quote() -> None:
    decoded = DECODER.decode(batch_of([heartbeat(channel="\0" * 9), b'{"\xff": 1}', b"\0"]))

    for letter in decoded.dead_letters:
        assert "\0" not in letter.detail
        assert letter.detail.encode()


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [
        pytest.param(60, None, id="at the allowed skew"),
        pytest.param(60.001, "from_the_future", id="beyond it"),
        pytest.param(-60 * DAY, None, id="at the end of the retention"),
        pytest.param(-60 * DAY - 0.001, "expired", id="beyond that"),
    ],
)
def test_time_is_judged_against_the_time_of_the_record(seconds: float, reason: str | None) -> None:
    decoded = DECODER.decode(batch_of([heartbeat(seconds_from_now(seconds))]))

    assert [letter.reason for letter in decoded.dead_letters] == ([reason] if reason else [])


NO_TIMESTAMP, NEGATIVE = -1, -(2**62)
FAR_AWAY = 253_402_300_799_999  # the end of the year 9999, in milliseconds


@pytest.mark.parametrize("timestamp", [NO_TIMESTAMP, NEGATIVE])
@pytest.mark.parametrize(
    ("time", "reason"),
    [
        ("0001-01-01T00:00:00+10:00", "invalid"),
        ("0001-01-01T00:00:00Z", "expired"),  # Go's zero time
        ("1899-12-31T23:59:59.999999Z", "expired"),
        ("1900-01-01T00:00:00Z", None),
        ("2001-01-01T00:00:00Z", None),
        ("2099-12-31T23:59:59.999999Z", None),
        ("2100-01-01T00:00:00Z", "from_the_future"),
        ("2500-01-01T00:00:00Z", "from_the_future"),
        ("9999-12-31T23:59:59.999999Z", "from_the_future"),
        ("9999-12-31T23:59:59-10:00", "invalid"),
    ],
)
def test_a_record_without_a_timestamp_is_judged_by_its_year(
    time: str, reason: str | None, timestamp: int
) -> None:
    decoded = DECODER.decode(batch_of([heartbeat(time)], timestamp=timestamp))

    assert [letter.reason for letter in decoded.dead_letters] == ([reason] if reason else [])


def test_neighbours_without_a_timestamp_do_not_excuse_a_record() -> None:
    records = [
        KafkaRecord(0, heartbeat("2001-01-01T00:00:00Z"), NO_TIMESTAMP),
        KafkaRecord(1, heartbeat(seconds_from_now(61))),
        KafkaRecord(2, heartbeat(seconds_from_now(-61 * DAY))),
    ]

    decoded = DECODER.decode(RecordBatch(TP, 0, 3, records))

    assert decoded.offsets == [0]
    assert [letter.reason for letter in decoded.dead_letters] == ["from_the_future", "expired"]


@pytest.mark.parametrize(
    ("time", "timestamp", "reason"),
    [
        pytest.param("9999-12-31T23:59:59Z", FAR_AWAY, "from_the_future", id="both far ahead"),
        pytest.param("2500-01-01T00:00:00Z", 16_725_225_600_000, "from_the_future", id="2500"),
        pytest.param("1899-12-31T23:59:59Z", 0, "expired", id="before 1900"),
        pytest.param("2026-11-22T10:05:00Z", 2**62, "expired", id="a timestamp beyond all years"),
    ],
)
def test_a_timestamp_as_wrong_as_its_event_opens_no_door(
    time: str, timestamp: int, reason: str
) -> None:
    decoded = DECODER.decode(batch_of([heartbeat(time)], timestamp=timestamp))

    [letter] = decoded.dead_letters
    assert letter.reason == reason
    assert letter.detail


@given(
    st.lists(st.integers(-61 * DAY, 5 * 60), min_size=1, max_size=10),
    st.lists(st.integers(0, 9), max_size=3),
)
def test_a_replay_in_other_batches_comes_to_the_same_verdicts(
    ages: list[int], cuts: list[int]
) -> None:
    values = [heartbeat(seconds_from_now(age)) for age in ages]
    bounds = [0, *sorted({cut for cut in cuts if 0 < cut < len(values)}), len(values)]

    at_once = DECODER.decode(batch_of(values))
    replayed = [
        DECODER.decode(batch_of(values[begin:end], start=begin)) for begin, end in pairwise(bounds)
    ]

    assert [letter for part in replayed for letter in part.dead_letters] == at_once.dead_letters
    assert [offset for part in replayed for offset in part.offsets] == at_once.offsets


@pytest.mark.parametrize(
    ("time", "timestamp"),
    [
        pytest.param("9999-12-31T23:30:00-23:30", 253_402_383_600_000, id="year 10000"),
        pytest.param("0001-01-01T00:00:00+01:00", -62_135_600_400_000, id="year 0"),
    ],
)
def test_a_time_outside_the_years_is_refused_whatever_its_timestamp(
    time: str, timestamp: int
) -> None:
    decoded = DECODER.decode(batch_of([heartbeat(time)], timestamp=timestamp))

    assert [letter.reason for letter in decoded.dead_letters] == ["invalid"]
