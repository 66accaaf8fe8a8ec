"""When the end of a partition is asked of Kafka, because nothing was fetched of it."""

import pytest

from batching.consumer_thread import is_old

_NOW = 1_000.0


@pytest.mark.parametrize(
    ("timestamp", "old"),
    [
        pytest.param(None, False, id="never fetched from"),
        pytest.param(999_000, False, id="fetched from a second ago"),
        pytest.param(997_000, True, id="three seconds ago"),
        pytest.param(1_000_000 + 3_600_000, True, id="before the clock was set back by an hour"),
    ],
)
def test_it_is_asked_when_it_was_last_heard_of_a_while_ago(
    timestamp: int | None, *, old: bool
) -> None:
    assert is_old(timestamp, _NOW) is old
