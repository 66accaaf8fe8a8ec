"""Whether an edge lives and is ready, for load balancers: /livez and /readyz."""

from __future__ import annotations

from edge.messages import Request, Response, json_response
from edge.topics import Topics


class Health:
    """An edge that answers lives; it is ready once Kafka has its topics."""

    def __init__(self, topics: Topics) -> None:
        self._topics = topics

    def not_live(self) -> list[str]:
        return []

    def not_ready(self) -> list[str]:
        return [] if self._topics.ready else ["Kafka has not answered yet"]

    async def livez(self, _: Request) -> Response:
        return _answer("live", self.not_live())

    async def readyz(self, _: Request) -> Response:
        return _answer("ready", self.not_ready())


def _answer(question: str, reasons: list[str]) -> Response:
    content = {question: not reasons, "reasons": reasons}
    return json_response(503 if reasons else 200, content)
