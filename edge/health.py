"""Whether an edge lives and is ready, for load balancers: /livez and /readyz."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edge.kafka import RecordProducer
from edge.messages import Request, Response, json_response
from edge.topics import Topics

LIVE: Mapping[str, Any] = {"summary": "Whether this process lives", "operationId": "livez"}
READY: Mapping[str, Any] = {
    "summary": "Whether Kafka answers, and has the topics",
    "operationId": "readyz",
}


class Health:
    """An edge that answers lives; it is ready while Kafka answers, and has its topics."""

    def __init__(self, topics: Topics, producer: RecordProducer) -> None:
        self._topics = topics
        self._producer = producer

    def not_live(self) -> list[str]:
        return []

    def not_ready(self) -> list[str]:
        if self._producer.is_away:
            return ["no Kafka broker answers"]
        if self._producer.is_refused:
            return ["Kafka refuses the edge as a producer, its log says why"]
        return [] if self._topics.ready else ["Kafka has not shown its topics yet"]

    async def livez(self, _: Request) -> Response:
        return _answer("live", self.not_live())

    async def readyz(self, _: Request) -> Response:
        return _answer("ready", self.not_ready())


def _answer(question: str, reasons: list[str]) -> Response:
    content = {question: not reasons, "reasons": reasons}
    return json_response(503 if reasons else 200, content)
