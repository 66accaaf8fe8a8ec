"""What Kafka has acknowledged, and so what must be stored: figure by figure, key by key."""

from array import array
from collections import Counter

from models.dead_letters import Reason
from tests.chaos.records import STREAMS, NumberedRecord
from tests.chaos.streams import Adds, Key, Numbers, merged

Figures = dict[str, dict[Key, Numbers]]
"""Name of a figure, key, numbers: the same shape from the truth and from the database."""

Place = tuple[str, int]
"""A stream and a partition of its topic."""

_EPOCH = 1


class Truth:
    """Every acknowledged record: its place, and what it adds up to."""

    def __init__(self, partitions: int) -> None:
        self.partitions = partitions
        self.numbers = {
            (stream, partition): array("q") for stream in STREAMS for partition in range(partitions)
        }
        """By place, then by offset: the record's number."""
        self._figures: Figures = {}
        self._dead_letters: Counter[tuple[str, Reason]] = Counter()

    @property
    def records(self) -> int:
        return sum(map(len, self.numbers.values()))

    @property
    def ends(self) -> dict[Place, int]:
        """The log's end by place, as far as acknowledged."""
        return {place: len(numbers) for place, numbers in self.numbers.items()}

    def add(self, record: NumberedRecord, partition: int, offset: int) -> None:
        """Take in an acknowledged record. Raises ValueError if the log has a hole or a double."""
        numbers = self.numbers[record.stream, partition]
        if offset != len(numbers):
            place = f"{record.stream}/{partition}/{offset}"
            raise ValueError(f"record {record.number} is at {place}: {len(numbers)}?")
        numbers.append(record.number)
        if isinstance(record.outcome, tuple):
            self._add(record.outcome)
        else:
            self._dead_letters[record.stream, record.outcome] += 1

    def figures(self) -> Figures:
        """Say what every table must hold."""
        return {
            **{name: dict(figure) for name, figure in self._figures.items()},
            "event_dead_letters": {key: (n,) for key, n in self._dead_letters.items()},
            "places": {
                # how many, how many different ones, the first, the last
                (stream, _EPOCH, partition): (end, end, 0, end - 1)
                for (stream, partition), end in self.ends.items()
                if end
            },
        }

    def _add(self, adds: tuple[Adds, ...]) -> None:
        for name, key, numbers in adds:
            figure = self._figures.setdefault(name, {})
            held = figure.get(key)
            figure[key] = numbers if held is None else merged(name, held, numbers)


def differences(expected: Figures, stored: Figures) -> list[str]:
    """Name every key whose numbers are not equal."""
    return [
        f"{figure} {key}: must be {must}, is {held}"
        for figure in sorted(expected.keys() | stored.keys())
        for key in sorted(_of(expected, figure).keys() | _of(stored, figure).keys(), key=str)
        if (must := _of(expected, figure).get(key)) != (held := _of(stored, figure).get(key))
    ]


def _of(figures: Figures, name: str) -> dict[Key, Numbers]:
    return figures.get(name, {})
