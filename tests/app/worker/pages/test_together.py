"""Samples of a stream, kept by each worker and put together."""

from app.worker.pages.facts import SLOT_SECONDS, Samples
from app.worker.pages.history import Moment, StreamHistory
from app.worker.pages.together import all_streams, together


def test_a_rate_is_what_came_in_the_time_that_passed() -> None:
    history = StreamHistory()

    history.add(1_000.0, Moment(0, 0, 5, None))
    history.add(1_004.0, Moment(400, 1, 6, 0.5))

    samples = history.samples()
    assert samples.rate == [100.0]
    assert samples.lag == [6]
    assert samples.dead_letters == [1]
    assert samples.last_slot == 1_004 // SLOT_SECONDS


def test_slots_that_a_busy_worker_missed_get_the_rate_that_was() -> None:
    history = StreamHistory()

    history.add(1_000.0, Moment(0, 0, 0, None))
    history.add(1_012.0, Moment(1_200, 2, 0, None))

    assert history.samples().rate == [100.0, 100.0, 100.0]
    assert history.samples().dead_letters == [0, 0, 2]


def test_a_clock_that_is_set_back_or_far_ahead_does_no_harm() -> None:
    history = StreamHistory()

    for now in (1_000.0, 500.0, 10_000_000.0):
        history.add(now, Moment(0, 0, 0, None))

    assert len(history.samples().rate) == 150


def test_workers_add_up_slot_by_slot_and_the_slowest_counts() -> None:
    one = Samples(100, [1.0, 2.0, 3.0], [1, 1, 1], [0.1, None, 0.3], [0, 0, 1])
    other = Samples(101, [10.0, 20.0], [2, 2], [0.2, 0.2], [1, 0])

    course = together([one, other])

    assert course.rate == [1.0, 2.0, 13.0]
    assert course.lag == [1, 1, 3]
    assert course.freshness == [0.1, None, 0.3]
    assert course.dead_letters == [0, 0, 2]


def test_a_worker_that_stands_still_holds_the_others_not_back() -> None:
    frozen = Samples(50, [9.0], [9], [9.0], [9])
    alive = Samples(100, [1.0, 1.0], [0, 0], [0.1, 0.1], [0, 0])

    assert together([frozen, alive]).rate == [1.0, 1.0]


def test_nothing_yet_is_no_rate() -> None:
    assert together([]).rate_now is None
    assert all_streams([together([])]).rate_now is None


def test_streams_add_up_from_their_newest_slot_back() -> None:
    long = together([Samples(10, [1.0, 1.0], [0, 0], [None, 0.1], [0, 0])])
    short = together([Samples(10, [5.0], [3], [0.9], [1])])

    both = all_streams([long, short])

    assert both.rate == [1.0, 6.0]
    assert both.freshness == [None, 0.9]
