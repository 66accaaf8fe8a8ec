"""When librdkafka is given a record: as soon as it can send it, and not before.

An idempotent librdkafka sends a partition nothing more while five of its records are on their way.
If it has more by then, its thread asks for the answer without a pause: a core for nothing, on which
Kafka may have to answer (docs/decisions/edge-granian-and-librdkafka.md). So what is for a partition
waits here until all that went there before has its report, and then goes together. It waits here
no longer than it may wait in librdkafka, which does not know of it yet.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from zlib import crc32

from confluent_kafka import KafkaError, Message

from edge.records import Record, Report

_MOST_RECORDS = 1_500
"""Go together, with the rest of the last request: about what librdkafka puts into one request."""
_LOOK_SECONDS = 0.1
_ANY, _UNKNOWN = -1, -2
_TIMED_OUT = KafkaError._MSG_TIMED_OUT  # noqa: SLF001 - a public constant

Lane = tuple[str, int]
"""A topic and a partition of it: `_ANY` for what librdkafka may put where it likes, `_UNKNOWN` for
all that comes before it is known how many the topic has."""

Pair = tuple[Record, Report]
"""A record, and what hears of it."""

Produce = Callable[[str, Sequence[Pair]], None]
"""Gives librdkafka records of a topic; the report of one that is not taken hears of it at once."""

_Waiting = deque[tuple[float, Sequence[Pair]]]
"""Of each request: until when its records may wait, by the clock."""


class Lanes:
    """The records that wait, those for a partition in their order."""

    def __init__(
        self, produce: Produce, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Have a record wait for so many seconds at most."""
        self._produce = produce
        self._seconds = seconds
        self._clock = clock
        self._waiting: dict[Lane, _Waiting] = {}
        self._busy: set[Lane] = set()
        self._look_at = 0.0
        self.partitions: Mapping[str, int] = {}
        """How many a topic has, once that is known."""

    def add(self, topic: str, records: Sequence[Record], reports: Sequence[Report]) -> None:
        """Have records wait; `reports` hears of each, in their order."""
        partitions = self.partitions.get(topic, 0)
        of_partition: defaultdict[int, list[Pair]] = defaultdict(list)
        for pair in zip(records, reports, strict=True):
            of_partition[_partition(pair[0], partitions)].append(pair)
        until = self._clock() + self._seconds
        for partition, pairs in of_partition.items():
            self._waiting.setdefault((topic, partition), deque()).append((until, pairs))

    def end_round(self) -> None:
        """Give librdkafka what it can send, and give up what has waited for too long."""
        if not self._waiting:
            return
        now = self._clock()
        if now >= self._look_at:
            self._look_at = now + _LOOK_SECONDS
            for lane in list(self._waiting):
                self._give_up(lane, now)
        for lane in [it for it in self._waiting if self._is_free(it)]:
            self._give(lane)

    def _is_free(self, lane: Lane) -> bool:
        if lane in self._busy:
            return False
        before = lane[0], _UNKNOWN
        return lane == before or not (before in self._waiting or before in self._busy)

    def give_all(self) -> None:
        """Give librdkafka all that waits, since nobody will be there to give it later."""
        while self._waiting:
            for lane in list(self._waiting):
                self._give(lane)

    def _give(self, lane: Lane) -> None:
        waiting = self._waiting[lane]
        pairs: list[Pair] = []
        while waiting and len(pairs) < _MOST_RECORDS:
            pairs += waiting.popleft()[1]
        if not waiting:
            del self._waiting[lane]
        # a partition's reports come in the order of its records: the last one is that of all (where
        # the partitions are librdkafka's choice, nearly; no more than its spinning hangs on it)
        record, report = pairs[-1]
        pairs[-1] = record, partial(self._heard_of_all, lane, report)
        self._busy.add(lane)
        self._produce(lane[0], pairs)

    def _give_up(self, lane: Lane, now: float) -> None:
        """Give up what has waited for too long: Kafka answers, but too slowly for all of it."""
        waiting = self._waiting[lane]
        while waiting and waiting[0][0] <= now:
            _fail(waiting.popleft()[1], KafkaError(_TIMED_OUT))
        if not waiting:
            del self._waiting[lane]

    def _heard_of_all(
        self, lane: Lane, report: Report, error: KafkaError | None, message: Message | None
    ) -> None:
        self._busy.discard(lane)
        report(error, message)
        if error is not None and error.code() == _TIMED_OUT:
            # what came behind it has waited about as long: it is not to wait as long once more
            for _, behind in self._waiting.pop(lane, ()):
                _fail(behind, error)


def _fail(pairs: Iterable[Pair], error: KafkaError) -> None:
    for _, report in pairs:
        report(error, None)


def _partition(record: Record, partitions: int) -> int:
    if not partitions:
        return _UNKNOWN
    if record.partition >= 0:
        return record.partition
    if partitions == 1:
        return 0
    # as the partitioner of librdkafka that the edge asks for
    return crc32(record.key) % partitions if record.key else _ANY
