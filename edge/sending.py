"""Judged events to Kafka; what stands in the way becomes a 503 that says when to come again."""

from __future__ import annotations

from collections.abc import Sequence

from edge.counts import Counts
from edge.judging import Judged
from edge.kafka import NotDelivered, Overloaded, Record, RecordProducer
from edge.problems import try_later

_OVERLOADED_SECONDS, _AWAY_SECONDS = 2, 5


class Sender:
    """Sends, and counts what became of it."""

    def __init__(self, producer: RecordProducer, counts: Counts) -> None:
        self._producer = producer
        self._counts = counts

    async def send(
        self, stream: str, topic: str, records: Sequence[Record], judged: Judged
    ) -> None:
        """Return when Kafka has all of it for good. Raises Problem 503."""
        try:
            await self._producer.send(topic, records)
        except Overloaded as error:
            raise try_later(_OVERLOADED_SECONDS, f"{error}: nothing was taken") from None
        except NotDelivered as error:
            raise try_later(
                _AWAY_SECONDS,
                f"Kafka has not acknowledged all of it ({error}): send it again",
            ) from None
        self._counts.delivered(stream, judged)
