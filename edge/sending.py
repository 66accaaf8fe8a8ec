"""Judged events to Kafka; what stands in the way becomes a 503 that says when to come again."""

from __future__ import annotations

from collections.abc import Sequence

from edge.counts import Counts
from edge.judging import Judged, Refusal
from edge.kafka import Forbidden, NotDelivered, Overloaded, Record, RecordProducer
from edge.problems import try_later

_OVERLOADED_SECONDS, _AWAY_SECONDS, _FORBIDDEN_SECONDS = 2, 5, 60
_TOO_LARGE = "larger than the topic takes (max.message.bytes): nothing of it is in Kafka"


class Sender:
    """Sends, and counts what became of it."""

    def __init__(self, producer: RecordProducer, counts: Counts) -> None:
        self._producer = producer
        self._counts = counts

    async def send(
        self, stream: str, topic: str, records: Sequence[Record], judged: Judged
    ) -> Judged:
        """Return when Kafka has all of it for good. Raises Problem 503.

        `records` are those of what is good, and then of what is refused. Gives the verdicts, of
        which a good event that Kafka finds too large is refused.
        """
        try:
            too_large = await self._producer.send(topic, records)
        except Overloaded as error:
            raise try_later(_OVERLOADED_SECONDS, f"{error}: nothing was taken") from None
        except Forbidden:
            raise try_later(
                _FORBIDDEN_SECONDS,
                f"Kafka does not let this edge write to the topic of {stream}: whoever runs it has "
                "to allow its Kafka user Write and Describe there. Send this again then",
            ) from None
        except NotDelivered as error:
            raise try_later(
                _AWAY_SECONDS,
                f"Kafka has not acknowledged all of it ({error}): send it again",
            ) from None
        if too_large:
            judged = _without(judged, frozenset(too_large))
        self._counts.delivered(stream, judged)
        return judged


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
