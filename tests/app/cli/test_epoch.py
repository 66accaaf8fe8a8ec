"""Where each partition goes on in a new epoch, so that no record counts twice or never."""

from uuid import UUID

import click
import pytest

from app.cli.epoch import begin_at, clear_up, is_due
from batching.topic_identity import PartitionIdentity, Verdict
from models.positions import Position, ReadTo, TopicPartition

TOPIC = UUID(int=7)
P0, P1, P2 = (TopicPartition("content_sessions", number) for number in range(3))
HELD = {P0: Position(1, 99, 1), P1: Position(1, 49, 1), P2: Position(1, -1, None)}


LOST = PartitionIdentity(120, "lost", "retention took 20")
CUT = PartitionIdentity(0, "truncated", "Kafka lost its newest records", same_to=ReadTo(95, 4))
ANEW = PartitionIdentity(0, "recreated", "its id is another")
UNCLEAR = PartitionIdentity(0, "unclear", "it ends at offset 3", same_to=ReadTo(3, None))


def offsets(identities: dict[TopicPartition, PartitionIdentity]) -> list[int]:
    """Say after which offset each partition is counted on."""
    return [position.last_offset for position in begin_at(HELD, identities).values()]


def test_a_topic_made_anew_counts_from_its_first_record_in_every_partition() -> None:
    assert offsets({P0: PartitionIdentity(0), P1: ANEW, P2: PartitionIdentity(0)}) == [-1, -1, -1]


def test_a_partition_already_known_to_be_of_the_new_topic_stays_where_it_is() -> None:
    held = {P0: Position(1, 99, 1, 100, 2, TOPIC), P1: HELD[P1]}

    begun = begin_at(held, {P0: PartitionIdentity(0, topic_id=TOPIC), P1: ANEW})

    assert begun == {P0: held[P0], P1: Position(1, -1, None, 0)}


def test_a_partition_that_lost_records_goes_on_with_the_first_left_and_others_where_they_are() -> (
    None
):
    assert offsets({P0: LOST, P1: PartitionIdentity(10), P2: PartitionIdentity(0)}) == [119, 49, -1]


def test_a_truncated_partition_goes_on_where_it_is_no_longer_what_was_stored() -> None:
    begun = begin_at(HELD, {P0: CUT, P1: PartitionIdentity(10), P2: PartitionIdentity(0)})

    assert begun[P0] == Position(1, 94, None, 95, 4)
    assert [begun[P1], begun[P2]] == [HELD[P1], HELD[P2]]


def test_what_nobody_can_tell_is_what_the_user_says() -> None:
    anew = clear_up("t", {P1: UNCLEAR}, "recreated")
    cut = clear_up("t", {P1: UNCLEAR}, "truncated")

    assert begin_at({P1: HELD[P1]}, anew)[P1].last_offset == -1
    assert begin_at({P1: HELD[P1]}, cut)[P1].last_offset == 2


def test_a_truncated_topic_is_not_counted_from_its_first_record() -> None:
    with pytest.raises(click.ClickException, match=r"epoch resume-after-truncation t'"):
        clear_up("t", {P0: CUT, P1: PartitionIdentity(0)}, "recreated")


def test_a_topic_that_was_made_anew_is_not_resumed() -> None:
    with pytest.raises(click.ClickException, match="epoch new t'"):
        clear_up("t", {P0: ANEW}, "truncated")


@pytest.mark.parametrize(
    ("found", "what_happened", "is_named", "expected"),
    [
        pytest.param(PartitionIdentity(0), "recreated", False, False, id="as it was"),
        pytest.param(PartitionIdentity(0), "recreated", True, True, id="as it was, but named"),
        pytest.param(PartitionIdentity(0), "truncated", True, False, id="nothing to resume"),
        pytest.param(ANEW, "recreated", False, True, id="made anew"),
        pytest.param(LOST, "recreated", False, True, id="lost"),
        pytest.param(CUT, "truncated", False, True, id="truncated"),
    ],
)
def test_an_epoch_begins_where_something_changed_or_the_user_insists(
    found: PartitionIdentity, what_happened: Verdict, *, is_named: bool, expected: bool
) -> None:
    identities = {P0: found, P1: PartitionIdentity(0)}

    assert is_due(identities, what_happened, is_named=is_named) is expected
