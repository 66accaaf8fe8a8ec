"""Sessions begin, beat every ten seconds and end, at the wanted rate."""

from collections import defaultdict
from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from generator.catalog import Catalog
from generator.population import Offline, Population
from generator.sessions import PERIOD, Session
from generator.times import DAY, MINUTE

NOW = 1_795_341_900_123
CATALOG = Catalog(seed=1)


def beats_by_session(beats: list[tuple[int, Session]]) -> dict[bytes, tuple[Session, list[int]]]:
    sessions: dict[bytes, tuple[Session, list[int]]] = {}
    for time, session in beats:
        sessions.setdefault(session.key, (session, []))[1].append(time)
    return sessions


@given(seed=st.integers(), places=st.integers(1, 300), count=st.integers(0, 3_000))
@settings(max_examples=50, deadline=None)
def test_a_session_beats_every_ten_seconds_from_its_beginning_and_never_after_its_end(
    seed: int, places: int, count: int
) -> None:
    population = Population(Random(seed), CATALOG, places, NOW)

    beats = list(population.beats(count))

    for session, times in beats_by_session(beats).values():
        assert times == [session.begins + n * PERIOD for n in range(len(times))]
        assert times[-1] < session.ends


def test_a_session_that_ended_leaves_its_place_to_one_that_begins() -> None:
    population = Population(Random(1), CATALOG, 10, NOW)

    sessions = beats_by_session(list(population.beats(20_000)))

    ended = [session for session, times in sessions.values() if times[-1] + PERIOD == session.ends]
    begun = {session.begins for session, _ in sessions.values()}
    assert len(ended) > 100
    assert all(session.ends in begun for session in ended if session.ends <= NOW + 19_000_000)


def test_sessions_change_their_bitrate_and_their_cdn_on_the_way() -> None:
    population = Population(Random(1), CATALOG, 100, NOW)
    seen: dict[bytes, set[tuple[str, int]]] = defaultdict(set)

    for _, session in population.beats(20_000):
        seen[session.key].add((session.delivery.cdn, session.delivery.rung))

    assert any(len({cdn for cdn, _ in deliveries}) > 1 for deliveries in seen.values())
    assert any(len({rung for _, rung in deliveries}) > 2 for deliveries in seen.values())


@given(
    places=st.integers(1, 1_000),
    elapsed=st.integers(0, 100_000),
    portions=st.lists(st.integers(0, 100)),
)
@settings(deadline=None)
def test_due_is_exactly_the_beats_up_to_a_time(
    places: int, elapsed: int, portions: list[int]
) -> None:
    population = Population(Random(1), CATALOG, places, NOW)
    for portion in portions:
        list(population.beats(portion))
    taken = sum(portions)

    due = population.due(NOW + elapsed)

    times = [NOW + beat * PERIOD // places for beat in range(taken + due + 1)]
    assert all(time <= NOW + elapsed for time in times[taken : taken + due])
    assert times[taken + due] > NOW + elapsed


def test_beats_are_evenly_spread() -> None:
    population = Population(Random(1), CATALOG, 1_000, NOW)

    times = [time for time, _ in population.beats(5_000)]

    assert {later - earlier for earlier, later in pairwise(times)} == {10}


def test_players_that_were_offline_send_whole_sessions_that_ended_before() -> None:
    offline = Offline(Random(1), CATALOG)

    beats = [offline.beat(NOW + n) for n in range(20_000)]

    for session, times in beats_by_session(beats).values():
        assert times == [session.begins + n * PERIOD for n in range(len(times))]
        assert times[-1] < session.ends
    assert all(MINUTE < NOW + n - time < DAY for n, (time, _) in enumerate(beats))
