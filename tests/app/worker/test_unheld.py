"""Which partitions stand still although there is something to store of them."""

import pytest

from app.worker.unheld import StandingStill
from batching.consumer_thread import Reach
from models.positions import Position, TopicPartition

TP = TopicPartition("purchases", 3)
LOG = {TP: Reach(0, 100)}


def at(
    last_offset: int, epoch: int = 0, next_offset: int | None = None
) -> dict[TopicPartition, Position]:
    return {TP: Position(epoch, last_offset, None, next_offset)}


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def still(clock: Clock) -> StandingStill:
    return StandingStill(60, clock)


def test_what_stands_still_is_told_after_a_minute_with_its_lag(
    still: StandingStill, clock: Clock
) -> None:
    assert still.look(LOG, at(39)) == {}
    clock.now = 59
    assert still.look(LOG, at(39)) == {}
    clock.now = 60
    assert still.look({TP: Reach(0, 150)}, at(39)) == {TP: 110}
    clock.now = 61
    assert still.look(LOG, at(40)) == {}


def test_what_was_never_read_counts_from_the_first_record_that_is_still_there(
    still: StandingStill, clock: Clock
) -> None:
    still.look({TP: Reach(30, 100)}, {})
    clock.now = 60

    assert still.look({TP: Reach(40, 100)}, {}) == {TP: 60}


@pytest.mark.parametrize(
    ("log", "stored"),
    [
        pytest.param(Reach(0, 100), at(99), id="all is stored"),
        pytest.param(Reach(0, 100), at(97, next_offset=100), id="the rest are no records"),
        pytest.param(Reach(100, 100), at(39), id="the rest has expired in Kafka"),
        pytest.param(Reach(0, 0), {}, id="nothing was ever sent"),
    ],
)
def test_nothing_to_store_is_nothing_to_tell(
    still: StandingStill, clock: Clock, log: Reach, stored: dict[TopicPartition, Position]
) -> None:
    still.look({TP: log}, stored)
    clock.now = 3_600

    assert still.look({TP: log}, stored) == {}


def test_time_in_which_nobody_could_store_does_not_count(
    still: StandingStill, clock: Clock
) -> None:
    still.look(LOG, at(39))
    clock.now = 50
    still.forget()  # the database did not answer
    still.look(LOG, at(39))
    clock.now = 100

    assert still.look(LOG, at(39)) == {}
