"""Traffic is repeatable, has the wanted fractions and rate, and becomes what it says."""

from collections import Counter
from itertools import groupby

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.clients import Simulation
from generator.records import Record
from generator.streams import SIMULATED, picked, shares
from generator.times import MINUTE, SECOND
from generator.traffic import Fractions, Traffic
from tests.generator.decoding import decode, exact, folded, views

START = 1_795_341_900_123
ALL_KINDS = Fractions(late=0.1, out_of_order=0.1, duplicates=0.05, bad=0.1)
TIMES = ("time", "event_time", "timestamp")

each_stream = pytest.mark.parametrize("stream", SIMULATED)


def traffic(
    stream: str,
    seed: int = 1,
    events_per_second: float = 100,
    fractions: Fractions = ALL_KINDS,
) -> Traffic:
    return Traffic(stream, Simulation(seed, events_per_second, START), fractions)


def event_time(record: Record) -> str:
    event = msgspec.json.decode(record.value or b"")
    return str(next(event[name] for name in TIMES if name in event))


def is_row(record: Record) -> bool:
    return not isinstance(record.outcome, str)


@each_stream
@given(seed=st.integers(0, 2**32), portions=st.lists(st.integers(0, 300), max_size=8))
@settings(max_examples=5)
def test_the_same_seed_gives_the_same_bytes_in_whatever_portions(
    stream: str, seed: int, portions: list[int]
) -> None:
    one, other = traffic(stream, seed), traffic(stream, seed)

    together = one.take(sum(portions))
    apart = [record for portion in portions for record in other.take(portion)]

    assert together == apart


@each_stream
def test_another_seed_gives_other_bytes(stream: str) -> None:
    assert traffic(stream, seed=1).take(10) != traffic(stream, seed=2).take(10)


@each_stream
@given(seed=st.integers(0, 2**32), events_per_second=st.integers(1, 500))
@settings(max_examples=5)
def test_every_record_becomes_what_it_says(stream: str, seed: int, events_per_second: int) -> None:
    source = traffic(stream, seed, events_per_second)

    records = source.take(1_000)

    after_all = START + 2_000 * SECOND // events_per_second
    decoded = decode(stream, records, timestamp=after_all)
    refused = {letter.offset: letter.reason for letter in decoded.dead_letters}
    assert refused == {n: record.outcome for n, record in enumerate(records) if not is_row(record)}
    assert list(decoded.offsets) == [n for n, record in enumerate(records) if is_row(record)]


@each_stream
def test_the_truth_adds_up_to_what_the_windows_fold_into(stream: str) -> None:
    records = traffic(stream, events_per_second=300).take(30_000)
    truth = SIMULATED[stream].truth()

    for start in range(0, len(records), 7_000):
        truth.add(record.outcome for record in records[start : start + 7_000])

    decoded = decode(stream, records, timestamp=START + 2 * MINUTE)
    assert exact(truth.windows.views()) == views(folded(stream, [decoded]))
    assert truth.rows == len(decoded.offsets)
    assert truth.dead_letters == Counter(letter.reason for letter in decoded.dead_letters)
    assert truth.produced == len(records) == truth.rows + truth.dead_letters.total()


@each_stream
def test_fractions_hold(stream: str) -> None:
    # long enough for an exchange's feed, which keeps a trade for minutes before it is late
    records = traffic(stream, events_per_second=20).take(50_000)
    wanted = ALL_KINDS.late * SIMULATED[stream].lateness

    rows = list(filter(is_row, records))
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
    assert behind / total == pytest.approx(wanted + ALL_KINDS.out_of_order, rel=0.1)
    assert late / total == pytest.approx(wanted, rel=0.2)


@each_stream
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
def test_the_rate_holds(stream: str, events_per_second: float, fractions: Fractions) -> None:
    source = traffic(stream, events_per_second=events_per_second, fractions=fractions)
    seconds = 40_000 / events_per_second

    records = source.take(source.due(START + round(seconds * SECOND)))

    assert len(records) / seconds == pytest.approx(events_per_second, rel=0.03)


def test_streams_share_the_rate_by_their_weights() -> None:
    assert sum(shares(list(SIMULATED)).values()) == pytest.approx(1)
    assert shares(["purchases", "market_ticks"]) == pytest.approx(
        {"purchases": 1 / 3, "market_ticks": 2 / 3}
    )


def test_a_stream_that_is_none_is_refused_with_those_that_are() -> None:
    assert picked("purchases, market_ticks,purchases") == ("purchases", "market_ticks")
    with pytest.raises(ValueError, match="'page_views': there are content_sessions, media_events"):
        picked("purchases,page_views")


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
