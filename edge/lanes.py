"""When librdkafka is given a record: as soon as it can send it, and not before.

An idempotent librdkafka sends a partition nothing more while five of its records are on their way.
If it has more by then, its thread asks for the answer without a pause: a core for nothing, on which
Kafka may have to answer (docs/decisions/edge-granian-and-librdkafka.md). So what is for a partition
waits here until all that went there before has its report, and then goes together.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING
from zlib import crc32

from confluent_kafka import KafkaError, Message

if TYPE_CHECKING:
    from edge.kafka import Record, Report

_MOST_RECORDS = 250
"""So many are with librdkafka before it has waited for its linger.ms: they go together."""
_ANY, _UNKNOWN = -1, -2

Lane = tuple[str, int]
"""A topic and a partition of it: `_ANY` for what librdkafka may put where it likes, `_UNKNOWN` for
all that comes before it is known how many the topic has."""

Produce = Callable[[str, "Record", "Report"], KafkaError | None]
"""Gives librdkafka a record of a topic; says why it was not taken."""

_Waiting = deque[tuple["Record", "Report"]]


class Lanes:
    """The records that wait, those for a partition in their order."""

    def __init__(self, produce: Produce) -> None:
        self._produce = produce
        self._waiting: dict[Lane, _Waiting] = {}
        self._unreported: dict[Lane, int] = {}
        self.partitions: Mapping[str, int] = {}
        """How many a topic has, once that is known."""

    def add(self, topic: str, records: Sequence[Record], reports: Sequence[Report]) -> None:
        """Have records wait; `reports` hears of each, in their order."""
        partitions = self.partitions.get(topic, 0)
        for record, report in zip(records, reports, strict=True):
            lane = topic, _partition(record, partitions)
            self._waiting.setdefault(lane, deque()).append((record, report))

    def end_round(self) -> None:
        """Give librdkafka what it can send."""
        for lane in [it for it in self._waiting if self._is_free(it)]:
            self._give(lane)

    def _is_free(self, lane: Lane) -> bool:
        if lane in self._unreported:
            return False
        before = lane[0], _UNKNOWN
        return lane == before or not (before in self._waiting or before in self._unreported)

    def give_all(self) -> None:
        """Give librdkafka all that waits, since nobody will be there to give it later."""
        while self._waiting:
            for lane in list(self._waiting):
                self._give(lane)

    def _give(self, lane: Lane) -> None:
        waiting = self._waiting[lane]
        for _ in range(min(len(waiting), _MOST_RECORDS)):
            record, report = waiting.popleft()
            error = self._produce(lane[0], record, partial(self._heard, lane, report))
            if error is None:
                self._unreported[lane] = self._unreported.get(lane, 0) + 1
            else:
                report(error, None)
        if not waiting:
            del self._waiting[lane]

    def _heard(
        self, lane: Lane, report: Report, error: KafkaError | None, message: Message | None
    ) -> None:
        self._unreported[lane] -= 1
        if not self._unreported[lane]:
            del self._unreported[lane]
        report(error, message)
        if error is not None and error.code() == KafkaError._MSG_TIMED_OUT:  # noqa: SLF001 - a public constant
            # what came behind it has waited about as long: it is not to wait as long once more
            for _, behind in self._waiting.pop(lane, ()):
                behind(error, None)


def _partition(record: Record, partitions: int) -> int:
    if not partitions:
        return _UNKNOWN
    if record.partition >= 0:
        return record.partition
    if partitions == 1:
        return 0
    # as the partitioner of librdkafka that the edge asks for
    return crc32(record.key) % partitions if record.key else _ANY
