"""Entries of live tables: readable keys that say which partition they live in."""

from datetime import UTC, datetime

import faust
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batching.table import (
    WindowTable,
    entry_key,
    entry_partition,
    entry_start,
    key_label,
    key_parts,
)

SECOND = 1_000_000
PARTS = st.lists(st.text("|%7C25 aé") | st.text(), min_size=1, max_size=3)


@pytest.mark.parametrize(
    ("start", "partition", "key"),
    [
        (0, 0, "1970-01-01T00:00Z.p0"),
        (1_795_341_900 * SECOND, 12, "2026-11-22T10:05Z.p12"),
        (1_795_341_910 * SECOND, 3, "2026-11-22T10:05:10Z.p3"),
        (-60 * SECOND, 1, "1969-12-31T23:59Z.p1"),
    ],
)
def test_a_key_is_readable_and_can_be_read(start: int, partition: int, key: str) -> None:
    assert entry_key(start, partition) == key
    assert entry_partition(key) == partition
    assert entry_start(key) == datetime.fromtimestamp(start // SECOND, tz=UTC)


@pytest.mark.parametrize("key", ["", "nonsense", "p0", ".p0", "2026-11-22T10:05Z.px"])
def test_other_strings_are_no_keys(key: str) -> None:
    with pytest.raises(ValueError, match=r"entry|invalid literal"):
        entry_partition(key)


def test_an_entry_lives_in_the_partition_of_its_records() -> None:
    table = WindowTable(faust.App("test"), name="windows")

    assert table.partition_for_key("2026-11-22T10:05Z.p12") == 12


def test_partitions_that_left_are_forgotten() -> None:
    table = WindowTable(faust.App("test"), name="windows")
    for key in ("2026-11-22T10:05Z.p0", "2026-11-22T10:05Z.p1", "2026-11-22T10:06Z.p1"):
        table.data[key] = {}

    table.drop_partitions([1, 7])

    assert list(table.data) == ["2026-11-22T10:05Z.p0"]


@given(PARTS, PARTS)
def test_no_two_keys_have_one_name(one: list[str], other: list[str]) -> None:
    assert key_parts(key_label(one)) == tuple(one)
    assert (key_label(one) == key_label(other)) == (one == other)


@pytest.mark.parametrize(
    ("key", "label"),
    [
        pytest.param(("Akamai", 3_320), "Akamai|3320", id="numbers as they are written"),
        pytest.param(("a|b", "c"), "a%7Cb|c", id="a bar within a part"),
        pytest.param(("100 % sure",), "100 %25 sure", id="a percent sign"),
    ],
)
def test_a_key_is_named_so_that_people_can_read_it(key: tuple[object, ...], label: str) -> None:
    assert key_label(key) == label
