"""The documented fake: a sink in memory, for tests. Same contract, same tests (tests/contract)."""

from collections.abc import Callable, Iterable

from models.batches import Batch, DecodedBatch
from models.dead_letters import DeadLetter
from models.fold import Deltas, merge_deltas
from models.positions import Position, Positions, TopicPartition
from sinks.base import Fenced, Rejected, Since, SinkUnavailable, Totals


class MemorySink:
    """Keeps what it is given, and says no when told to."""

    label = "memory"

    def __init__(self) -> None:
        self.rows: list[tuple[object, ...]] = []
        self.dead_letters: list[DeadLetter] = []
        self.windows: Deltas = {}
        self.stored: dict[TopicPartition, Position] = {}
        self.unavailable = 0
        """How many of the next calls raise SinkUnavailable."""

        self.refuses: Callable[[tuple[object, ...]], bool] = lambda _: False
        """Which rows, as `encode` makes them, it will never take."""

    async def positions(self, partitions: Iterable[TopicPartition]) -> Positions:
        self._check()
        for tp in partitions:
            self.stored.setdefault(tp, Position(epoch=1, last_offset=-1, last_timestamp=None))
        return {tp: self.stored[tp] for tp in partitions}

    async def totals(self, partitions: Iterable[TopicPartition], since: Since) -> Totals:
        self._check()
        numbers = {tp.partition for tp in partitions}
        return {
            window: {
                key: row
                for key, row in rows.items()
                if key[0] >= since(window) and key[1] in numbers
            }
            for window, rows in self.windows.items()
        }

    def encode(self, decoded: DecodedBatch, epoch: int) -> list[tuple[object, ...]]:
        del epoch
        rows = zip(decoded.offsets, *decoded.columns, strict=True)
        return [(decoded.tp.partition, *row) for row in rows]

    async def write(self, batch: Batch, expected: Positions) -> Totals:
        self._check()
        reached = batch.positions(expected)
        if any(self.stored[tp].place != expected[tp].place for tp in reached):
            raise Fenced(f"stored is {self.stored}, expected was {expected}")
        if any(self.refuses(row) for part in batch.parts for row in part.rows):
            raise Rejected("told to refuse a row")
        deltas = batch.deltas()
        merge_deltas(self.windows, deltas)
        for part in batch.parts:
            self.rows.extend(part.rows)
        self.dead_letters.extend(batch.dead_letters)
        self.stored.update(reached)
        return {
            window: {key: self.windows[window][key] for key in rows}
            for window, rows in deltas.items()
        }

    async def note(self, positions: Positions) -> None:
        self._check()
        for tp, noted in positions.items():
            held = self.stored[tp]
            if held.place == noted.place and (held.next_offset or 0) <= (noted.next_offset or 0):
                self.stored[tp] = noted

    async def begin_epoch(self, topic: str, begun: Positions) -> int:
        """Begin a topic's next epoch at these positions; return its number."""
        epoch = 1 + max(
            (at.epoch for tp, at in self.stored.items() if tp.topic == topic), default=1
        )
        self.stored.update({tp: at._replace(epoch=epoch) for tp, at in begun.items()})
        return epoch

    async def close(self) -> None:
        """Nothing to close."""

    def _check(self) -> None:
        if self.unavailable:
            self.unavailable -= 1
            raise SinkUnavailable("told to be away")
