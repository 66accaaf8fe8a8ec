"""What requests bring for one stream: judged and sent together, each answered for itself.

A request of one event pays for a call of the decoder, of librdkafka and of the timer what a hundred
of them pay together. So what comes within a round (a millisecond) is judged at once. The wait is
the one that Kafka's clients call linger; librdkafka's own is none for that.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from confluent_kafka import KafkaError

from edge.counts import Counts
from edge.judging import Judge, Judged, Refusal
from edge.kafka import Delivery, Overloaded, RecordProducer
from edge.problems import Problem, try_later
from edge.records import Record

_OVERLOADED_SECONDS, _AWAY_SECONDS, _FORBIDDEN_SECONDS = 2, 5, 60
_TOO_LARGE = "larger than the topic takes (max.message.bytes): nothing of it is in Kafka"
_ROUND_BYTES = 2**20
"""So much ends a round at once: what waits for its verdict is not bounded by anything else."""

RecordsOf = Callable[[Judged, int], tuple[Judged, Sequence[Record]]]
"""From verdicts and the timestamp (milliseconds) that they went by to those that count and what is
sent: records of what is good by them, and then of what is refused; none at all where the request
is not to be taken."""


@dataclass(slots=True)
class _Brought:
    """What one request brings, and what becomes of it."""

    events: Sequence[bytes]
    records_of: RecordsOf
    sent: asyncio.Future[None]
    judged: Judged
    records: Sequence[Record] = ()
    delivery: Delivery | None = None


class Intake:
    """Of one stream and its topic."""

    def __init__(
        self, stream: str, topic: str, judge: Judge, producer: RecordProducer, counts: Counts
    ) -> None:
        self._stream = stream
        self._topic = topic
        self._judge = judge
        self._producer = producer
        self._counts = counts
        self._waiting: list[_Brought] = []
        self._waiting_bytes = 0

    async def take(self, events: Sequence[bytes], records_of: RecordsOf) -> Judged:
        """Return when Kafka has all of it for good. Raises Problem 503.

        Gives the verdicts, of which a good event that Kafka finds too large is refused.
        """
        loop = asyncio.get_running_loop()
        brought = _Brought(events, records_of, loop.create_future(), Judged([], [], []))
        self._wait(brought)
        try:
            await brought.sent
            if brought.delivery is not None and brought.delivery.in_company:
                await self._send_alone(brought.records, brought.delivery)
        except Overloaded as error:
            what = "nothing" if brought.delivery is None else "not all of it"
            raise try_later(_OVERLOADED_SECONDS, f"{error}: {what} was taken") from None
        finally:
            if brought.delivery is not None:
                self._producer.release(brought.delivery)
        return self._taken(brought)

    async def _send_alone(self, records: Sequence[Record], delivery: Delivery) -> None:
        """Send again what was refused for the size of the batch that it was in."""
        self._producer.release(delivery)  # what goes again takes room again
        places = places_of(delivery.in_company, records)
        again = await self._producer.send_alone(self._topic, [records[at] for at in places])
        delivery.error = delivery.error or again.error
        delivery.too_large += [places[at] for at in again.too_large]

    def _taken(self, brought: _Brought) -> Judged:
        judged, delivery = brought.judged, brought.delivery
        if delivery is None:
            return judged
        if delivery.error is not None:
            raise self._undelivered(delivery.error)
        if delivery.too_large:
            judged = _without(judged, frozenset(delivery.too_large))
        self._counts.delivered(self._stream, judged)
        return judged

    def _undelivered(self, error: KafkaError) -> Problem:
        if error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
            self._producer.warn_of(self._topic)
            return try_later(
                _FORBIDDEN_SECONDS,
                f"Kafka does not let this edge write to the topic of {self._stream}: whoever runs "
                "it has to allow its Kafka user Write and Describe there. Send this again then",
            )
        return try_later(
            _AWAY_SECONDS,
            f"Kafka has not acknowledged all of it ({error.str()}): send it again",
        )

    def _wait(self, brought: _Brought) -> None:
        if not self._waiting:
            self._producer.at_next_round(self._end_round)
        self._waiting.append(brought)
        self._waiting_bytes += sum(map(len, brought.events))
        if self._waiting_bytes >= _ROUND_BYTES:
            self._end_round()

    def _end_round(self) -> None:
        # whose request has ended meanwhile was promised nothing, and gives no room back
        waiting = [one for one in self._waiting if not one.sent.done()]
        self._waiting, self._waiting_bytes = [], 0
        if not waiting:  # a round that was full has ended before
            return
        timestamp = time.time_ns() // 1_000_000
        try:
            verdicts = self._judge.judge_all([one.events for one in waiting], timestamp)
        except Exception as error:  # noqa: BLE001 - each of them is answered
            for one in waiting:
                one.sent.set_exception(error)
            return
        for one, judged in zip(waiting, verdicts, strict=True):
            one.judged = judged
            try:
                self._send(one, timestamp)
            except Exception as error:  # noqa: BLE001 - of this request, which is answered
                if not one.sent.done():
                    one.sent.set_exception(error)

    def _send(self, one: _Brought, timestamp: int) -> None:
        one.judged, one.records = one.records_of(one.judged, timestamp)
        if one.records:
            one.delivery = self._producer.send(self._topic, one.records, one.sent)
        else:
            one.sent.set_result(None)


def places_of(
    refused: Sequence[tuple[bytes | None, bytes | None]], records: Sequence[Record]
) -> list[int]:
    """Say where these, by value and key, are: of equal ones as many as were refused."""
    left = Counter(refused)
    places = []
    for place, record in enumerate(records):
        said = record.value, record.key
        if left[said]:
            left[said] -= 1
            places.append(place)
    return places


def _without(judged: Judged, places: frozenset[int]) -> Judged:
    """Refuse what Kafka has not taken; what was refused before stays so, and is no dead letter."""
    kept = [place for place in range(len(judged.good)) if place not in places]
    refused = [
        Refusal(judged.good[place], "too_large", _TOO_LARGE, "")
        for place in sorted(places)
        if place < len(judged.good)
    ]
    return Judged(
        [judged.good[place] for place in kept],
        [judged.keys[place] for place in kept],
        sorted([*judged.refused, *refused], key=lambda it: it.index),
    )
