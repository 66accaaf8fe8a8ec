"""`POST /v1/events/{stream}`: judged by the stream's contract, answered when Kafka has it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from edge.bodies import BodyReader
from edge.judging import Judge, Judged, Refusal
from edge.kafka import NotDelivered, Overloaded, Record, RecordProducer
from edge.messages import Request, Response, json_response
from edge.problems import Problem, try_later
from edge.splitting import split


class Events:
    """Takes events of every stream that has a judge."""

    def __init__(
        self,
        judges: Mapping[str, Judge],
        topics: Mapping[str, str],
        bodies: BodyReader,
        producer: RecordProducer,
        most: int,
    ) -> None:
        self._judges = judges
        self._topics = topics
        self._bodies = bodies
        self._producer = producer
        self._most = most

    async def post(self, request: Request) -> Response:
        stream = request.parameters["stream"]
        judge = self._judges.get(stream)
        if judge is None:
            raise Problem(404, f"no such stream: there are {', '.join(self._judges)}")
        events = split(await self._bodies.read(request), self._most)
        timestamp = time.time_ns() // 1_000_000
        judged = judge.judge(events, timestamp)
        if judged.refused and request.is_asked("strict"):
            raise _refused(judged.refused, "nothing was taken, as ?strict=true asks")
        await self._send(self._topics[stream], _records(events, judged, timestamp))
        if not judged.good:
            raise _refused(judged.refused, "no event was good: each is a dead letter now")
        return json_response(
            202, {"accepted": len(judged.good), "refused": [_told(it) for it in judged.refused]}
        )

    async def _send(self, topic: str, records: Sequence[Record]) -> None:
        try:
            await self._producer.send(topic, records)
        except Overloaded:
            raise try_later(2, "as much waits for Kafka as may: nothing was taken") from None
        except NotDelivered as error:
            raise try_later(5, f"Kafka has not acknowledged all of it: {error}") from None


def _records(events: Sequence[bytes], judged: Judged, timestamp: int) -> list[Record]:
    # the record's timestamp is the one that the verdict went by, so that a worker's is the same
    good = zip(judged.good, judged.keys, strict=True)
    records = [Record(events[index], key, timestamp) for index, key in good]
    return records + [Record(events[it.index], None, timestamp) for it in judged.refused]


def _told(refusal: Refusal) -> dict[str, object]:
    told = {"index": refusal.index, "reason": refusal.reason, "detail": refusal.detail}
    return told | {"context": refusal.context} if refusal.context else told


def _refused(refusals: Sequence[Refusal], what: str) -> Problem:
    return Problem(
        400,
        f"{len(refusals):,} events are refused, see refused: {what}",
        members={"refused": [_told(it) for it in refusals]},
    )
