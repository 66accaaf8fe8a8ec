"""Times are written as players write them."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from generator.times import rfc3339


@given(st.integers(0, 4_000_000_000_000))
def test_a_written_time_reads_back_as_the_same(time: int) -> None:
    read = datetime.fromisoformat(rfc3339(time).decode())

    assert read == datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=time)
