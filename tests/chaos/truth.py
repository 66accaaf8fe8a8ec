"""What Kafka has acknowledged, and so what must be stored: figure by figure, key by key."""

from array import array
from collections import Counter
from typing import Any

from models.dead_letters import Reason
from tests.chaos.records import NumberedRecord, Row

Key = tuple[Any, ...]
Figures = dict[str, dict[Key, tuple[int, ...]]]
"""Name of a figure, key, numbers: the same shape from the truth and from the database."""

_EPOCH = 1


class Truth:
    """Every acknowledged record: its place, and what it adds up to."""

    def __init__(self, partitions: int) -> None:
        self.numbers = [array("q") for _ in range(partitions)]
        """By partition, then by offset: the record's number."""
        self._traffic: dict[Key, list[int]] = {}
        self._raw: dict[Key, list[int]] = {}
        self._dead_letters: Counter[Reason] = Counter()

    @property
    def records(self) -> int:
        return sum(map(len, self.numbers))

    @property
    def ends(self) -> dict[int, int]:
        """The log's end by partition, as far as acknowledged."""
        return {partition: len(numbers) for partition, numbers in enumerate(self.numbers)}

    def add(self, record: NumberedRecord, partition: int, offset: int) -> None:
        """Take in an acknowledged record. Raises ValueError if the log has a hole or a double."""
        numbers = self.numbers[partition]
        if offset != len(numbers):
            raise ValueError(f"record {record.number} is at {partition}/{offset}: {len(numbers)}?")
        numbers.append(record.number)
        if isinstance(record.outcome, Row):
            self._add_row(record.outcome)
        else:
            self._dead_letters[record.outcome] += 1

    def figures(self) -> Figures:
        """Say what every table must hold."""
        return {
            "traffic_by_cdn_and_asn": {key: tuple(sums) for key, sums in self._traffic.items()},
            "traffic_by_cdn": self._traffic_by(0, 1),
            "traffic_by_asn": self._traffic_by(0, 2),
            "content_sessions": {key: tuple(sums) for key, sums in self._raw.items()},
            "event_dead_letters": {(reason,): (n,) for reason, n in self._dead_letters.items()},
            "places": {
                # how many, how many different ones, the first, the last
                (_EPOCH, partition): (end, end, 0, end - 1)
                for partition, end in self.ends.items()
                if end
            },
        }

    def _add_row(self, row: Row) -> None:
        traffic = self._traffic.setdefault((row.minute, row.cdn, row.asn), [0, 0, 0])
        traffic[0] += 1
        traffic[1] += row.kbps * row.seconds
        traffic[2] += row.seconds
        raw = self._raw.setdefault((row.cdn, row.asn), [0, 0])
        raw[0] += 1
        raw[1] += row.kbps

    def _traffic_by(self, *places: int) -> dict[Key, tuple[int, ...]]:
        sums: dict[Key, tuple[int, ...]] = {}
        for key, traffic in self._traffic.items():
            part = tuple(key[place] for place in places)
            held = sums.get(part, (0, 0, 0))
            sums[part] = tuple(map(sum, zip(held, traffic, strict=True)))
        return sums


def differences(expected: Figures, stored: Figures) -> list[str]:
    """Name every key whose numbers are not equal."""
    return [
        f"{figure} {key}: must be {must}, is {held}"
        for figure in expected
        for key in sorted(expected[figure].keys() | stored[figure].keys(), key=str)
        if (must := expected[figure].get(key)) != (held := stored[figure].get(key))
    ]
