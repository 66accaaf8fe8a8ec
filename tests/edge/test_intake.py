"""Which records of a request are sent again, each alone."""

from edge.intake import places_of
from edge.records import Record

ONE, OTHER = Record(b"1", b"key"), Record(b"2", b"key")


def test_of_equal_records_only_those_are_sent_again_that_were_refused() -> None:
    records = [ONE, OTHER, ONE, ONE]

    assert places_of([(b"1", b"key")], records) == [0]
    assert places_of([(b"1", b"key"), (b"2", b"key"), (b"1", b"key")], records) == [0, 1, 2]
    assert places_of([], records) == []
