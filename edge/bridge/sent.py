"""The records of one request to the bridge, and what becomes of each."""

from __future__ import annotations

from collections.abc import Mapping

from confluent_kafka import KafkaError, Message

from edge.bridge.verdicts import verdicts, with_origin
from edge.judging import Judge, Judged, Refusal
from edge.kafka import Delivery
from edge.records import Record, Report

_RECORD_BYTES = 1_000_000
"""Of key, value and headers: what a topic takes that nobody has configured, with some to spare."""

_AHEAD_MILLISECONDS = 30 * 60_000
"""How far a timestamp may lie ahead. A topic takes an hour by default, and refuses with a record
that is later the whole batch, other clients' records too (message.timestamp.after.max.ms)."""

_HEADER_BYTES = 16
_NOT_FOUND = frozenset(
    {
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._UNKNOWN_TOPIC,  # noqa: SLF001 - public names
        KafkaError._UNKNOWN_PARTITION,  # noqa: SLF001
    }
)


class Sent:
    """The records of a request, and what became of each."""

    def __init__(self, records: list[Record], partitions: frozenset[int], now: int) -> None:
        self.records = records
        self._refused: Mapping[int, Refusal] = {}
        self._answers: list[dict[str, object] | None] = [
            _impossible(record, partitions, now + _AHEAD_MILLISECONDS) for record in records
        ]
        self._sent = self.to_send()

    def judge(self, judge: Judge | None, caller: str) -> None:
        """Have the records of a stream judged; the origin of refused ones goes with them."""
        if judge is None:
            return
        self._refused = verdicts(self.records, judge)
        for place in self._refused:
            self.records[place] = with_origin(self.records[place], f"edge, {caller}, bridge")

    def to_send(self) -> list[int]:
        return [place for place, said in enumerate(self._answers) if said is None]

    def report(self, place: int, delivery: Delivery) -> Report:
        """Make what hears of one record."""

        def heard(error: KafkaError | None, message: Message | None) -> None:
            if error is None and message is not None:
                self._answers[place] = {
                    "partition": message.partition(),
                    "offset": message.offset(),
                }
            elif error is not None:
                self._answers[place] = _failed(error)
            delivery.settle(1)

        return heard

    def answers(self) -> list[dict[str, object] | None]:
        """Say where each record is; of one that will be a dead letter, why."""
        return [
            _invalid(self._refused[place]) if place in self._refused and _is_there(said) else said
            for place, said in enumerate(self._answers)
        ]

    def lost(self) -> list[int]:
        """Give the places of what was sent, but Kafka has not acknowledged."""
        return [place for place in self._sent if not _is_there(self._answers[place])]

    def judged(self) -> Judged:
        """Give the verdicts of what Kafka has."""
        there = [place for place, said in enumerate(self._answers) if _is_there(said)]
        good = [place for place in there if place not in self._refused]
        refused = [self._refused[place] for place in there if place in self._refused]
        return Judged(good, [None] * len(good), refused)


def _impossible(
    record: Record, partitions: frozenset[int], latest: int
) -> dict[str, object] | None:
    if record.timestamp > latest:
        return {"error_code": 422, "message": "a timestamp lies at most 30 minutes ahead"}
    if record.partition >= 0 and record.partition not in partitions:
        return {"error_code": 404, "message": f"Invalid partition {record.partition}"}
    headers = sum(
        len(name) + len(value or b"") + _HEADER_BYTES for name, value in record.headers or ()
    )
    if len(record.value or b"") + len(record.key or b"") + headers > _RECORD_BYTES:
        return {"error_code": 413, "message": f"a record has at most {_RECORD_BYTES:,} bytes"}
    return None


def _failed(error: KafkaError) -> dict[str, object]:
    code = 404 if error.code() in _NOT_FOUND else 500
    if error.code() == KafkaError.MSG_SIZE_TOO_LARGE:
        code = 413
    return {"error_code": code, "message": error.str()}


def _invalid(refusal: Refusal) -> dict[str, object]:
    return {"error_code": 422, "message": f"{refusal.reason}: {refusal.detail}"}


def _is_there(said: dict[str, object] | None) -> bool:
    return said is not None and "offset" in said
