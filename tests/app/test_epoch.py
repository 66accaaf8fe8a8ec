"""Where each partition goes on in a new epoch, so that no record counts twice or never."""

from app.cli.epoch import begin_after
from batching.lives import Life
from models.positions import Position, TopicPartition

P0, P1, P2 = (TopicPartition("content_sessions", number) for number in range(3))
HELD = {P0: Position(1, 99, 1), P1: Position(1, 49, 1), P2: Position(1, -1, None)}


def test_a_topic_made_anew_counts_from_its_first_record_in_every_partition() -> None:
    lives = {P0: Life(0), P1: Life(0, "anew", "it ends at offset 3"), P2: Life(0)}

    assert begin_after(HELD, lives) == {0: -1, 1: -1, 2: -1}


def test_a_partition_that_lost_records_goes_on_with_the_first_left_and_others_where_they_are() -> (
    None
):
    lives = {P0: Life(120, "lost", "retention took 20"), P1: Life(10), P2: Life(0)}

    assert begin_after(HELD, lives) == {0: 119, 1: 49, 2: -1}
