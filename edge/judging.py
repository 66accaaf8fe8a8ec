"""What a stream's contract says of events before Kafka: just what a worker will say. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import NamedTuple

from models.decode import Decoder
from models.positions import TopicPartition
from models.records import RecordBatch
from models.streams import Stream
from models.validation import Limits

Key = bytes | None


class _Record(NamedTuple):
    """A record as it will be; its offset is the event's index."""

    offset: int
    timestamp: int
    value: bytes


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that is none, with its reason, detail and context."""

    index: int
    reason: str
    detail: str
    context: str


class Judged(NamedTuple):
    """Which events of a request are good, in order, with the key of each; and which are not."""

    good: Sequence[int]
    keys: Sequence[Key]
    refused: Sequence[Refusal]


class Judge:
    """Judges the events of one stream as its workers do. Holds no state between requests."""

    def __init__(self, stream: Stream, limits: Limits) -> None:
        self._decoder = Decoder(stream, limits)
        self._tp = TopicPartition(stream.topic, 0)
        self._key = stream.column_names.index(stream.key) if stream.key else None

    def judge_all(self, requests: Sequence[Sequence[bytes]], timestamp: int) -> list[Judged]:
        """Judge the events of several requests together: each has the verdicts it has alone."""
        if len(requests) == 1:
            return [self.judge(requests[0], timestamp)]
        judged = self.judge([event for events in requests for event in events], timestamp)
        return _by_request(judged, [len(events) for events in requests])

    def judge(self, events: Sequence[bytes], timestamp: int) -> Judged:
        """Judge events whose records will have this timestamp, in milliseconds."""
        records = [_Record(index, timestamp, value) for index, value in enumerate(events)]
        decoded = self._decoder.decode(RecordBatch(self._tp, 0, len(records), records))
        good = decoded.offsets
        keys: Sequence[Key] = [None] * len(good)
        if self._key is not None:
            keys = [_written(value) for value in decoded.columns[self._key]]
        return Judged(
            good,
            keys,
            [
                Refusal(letter.offset, letter.reason, letter.detail, letter.context)
                for letter in decoded.dead_letters
            ],
        )


def _by_request(judged: Judged, counts: Sequence[int]) -> list[Judged]:
    """Share verdicts out among requests of so many events each; good ones are in order."""
    good, keys = judged.good, judged.keys
    begins = list(accumulate(counts, initial=0))
    refused: list[list[Refusal]] = [[] for _ in counts]
    for it in judged.refused:
        owner = bisect_right(begins, it.index) - 1
        refused[owner].append(replace(it, index=it.index - begins[owner]))
    shared = []
    first = 0
    for begin, end, its_own in zip(begins, begins[1:], refused, strict=False):
        last = bisect_left(good, end, first)
        shared.append(Judged([at - begin for at in good[first:last]], keys[first:last], its_own))
        first = last
    return shared


def _written(value: object) -> Key:
    return None if value is None else str(value).encode()
