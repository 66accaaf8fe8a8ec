"""Traffic is repeatable, has the wanted fractions and rate, and becomes what it says."""

from collections import Counter
from itertools import groupby

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.records import Record, Row
from generator.times import MINUTE, SECOND
from generator.traffic import Fractions, Traffic
from generator.truth import Truth
from models.content_sessions import CONTENT_SESSIONS
from tests.generator.decoding import decode, folded

START = 1_795_341_900_123
ALL_KINDS = Fractions(late=0.1, out_of_order=0.1, duplicates=0.05, bad=0.1)


def traffic(
    seed: int = 1, events_per_second: float = 100, fractions: Fractions = ALL_KINDS
) -> Traffic:
    return Traffic(seed=seed, events_per_second=events_per_second, start=START, fractions=fractions)


def event_time(record: Record) -> str:
    return str(msgspec.json.decode(record.value or b"")["time"])


@given(seed=st.integers(0, 2**32), portions=st.lists(st.integers(0, 300), max_size=8))
@settings(max_examples=25, deadline=None)
def test_the_same_seed_gives_the_same_bytes_in_whatever_portions(
    seed: int, portions: list[int]
) -> None:
    one, other = traffic(seed), traffic(seed)

    together = one.take(sum(portions))
    apart = [record for portion in portions for record in other.take(portion)]

    assert together == apart


def test_another_seed_gives_other_bytes() -> None:
    assert traffic(seed=1).take(10) != traffic(seed=2).take(10)


@given(seed=st.integers(0, 2**32), events_per_second=st.integers(1, 500))
@settings(max_examples=25, deadline=None)
def test_every_record_becomes_what_it_says(seed: int, events_per_second: int) -> None:
    source = traffic(seed, events_per_second)

    records = source.take(1_000)

    after_all = START + 2_000 * SECOND // events_per_second
    decoded = decode(records, timestamp=after_all)
    said = {n: record.outcome for n, record in enumerate(records)}
    refused = {letter.offset: letter.reason for letter in decoded.dead_letters}
    assert refused == {n: outcome for n, outcome in said.items() if not isinstance(outcome, Row)}
    assert list(decoded.offsets) == [n for n, outcome in said.items() if isinstance(outcome, Row)]


def test_the_truth_adds_up_to_what_the_windows_fold_into() -> None:
    records = traffic(events_per_second=1_000).take(60_000)
    truth = Truth()

    for start in range(0, len(records), 7_000):
        truth.add(record.outcome for record in records[start : start + 7_000])

    decoded = decode(records, timestamp=START + MINUTE)
    by_cdn = next(window for window in CONTENT_SESSIONS.windows if window.name == "traffic_by_cdn")
    by_minute_and_cdn = {
        (start // (MINUTE * 1_000), cdn): [events, kilobits]
        for (start, _, cdn), (events, kilobits, _) in folded(decoded)[by_cdn].items()
    }
    assert truth.windows == by_minute_and_cdn
    assert truth.rows == len(decoded.offsets)
    assert truth.dead_letters == Counter(letter.reason for letter in decoded.dead_letters)
    assert truth.produced == len(records) == truth.rows + truth.dead_letters.total()


def test_fractions_hold() -> None:
    records = traffic(events_per_second=1_000).take(100_000)

    rows = [record for record in records if isinstance(record.outcome, Row)]
    now = ""
    late = behind = 0
    for time in map(event_time, rows):
        late += time[:16] < now[:16] and time[:13] + time[14:16] < now[:13] + now[14:16]
        behind += time < now
        now = max(now, time)
    total = len(records)
    duplicates = sum(len(list(same)) - 1 for _, same in groupby(records))
    assert (total - len(rows)) / total == pytest.approx(ALL_KINDS.bad, rel=0.05)
    assert duplicates / total == pytest.approx(ALL_KINDS.duplicates, rel=0.05)
    assert behind / total == pytest.approx(ALL_KINDS.late + ALL_KINDS.out_of_order, rel=0.05)
    assert late / total == pytest.approx(ALL_KINDS.late, rel=0.2)


@pytest.mark.parametrize(
    "events_per_second",
    [
        pytest.param(10, id="few"),
        pytest.param(2_000, id="many"),
    ],
)
@pytest.mark.parametrize(
    "fractions",
    [
        pytest.param(Fractions(0, 0, 0, 0), id="nothing goes wrong"),
        pytest.param(Fractions(), id="defaults"),
        pytest.param(ALL_KINDS, id="much goes wrong"),
    ],
)
def test_the_rate_holds(events_per_second: float, fractions: Fractions) -> None:
    source = traffic(events_per_second=events_per_second, fractions=fractions)
    seconds = 40_000 / events_per_second

    records = source.take(source.due(START + round(seconds * SECOND)))

    assert len(records) / seconds == pytest.approx(events_per_second, rel=0.03)


@pytest.mark.parametrize(
    "fractions",
    [
        pytest.param((-0.1, 0, 0, 0), id="negative"),
        pytest.param((0.5, 0.2, 0.2, 0.1), id="no room for good ones"),
    ],
)
def test_impossible_fractions_are_refused(fractions: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="fractions"):
        Fractions(*fractions)
