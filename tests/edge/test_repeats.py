"""What an edge remembers of requests with an Idempotency-Key, and how much of it."""

import asyncio

from edge.messages import Response
from edge.repeats import Repeats
from tests.edge.clock import Clock


async def large() -> Response:
    return Response(400, b"x" * 100_000)


def test_large_answers_are_forgotten_before_they_fill_the_memory() -> None:
    repeats = Repeats(100_000, Clock(), most_bytes=1_000_000)

    async def send(number: int) -> Response:
        return await repeats.once(("key", "/v1/events/s?", str(number)), b"{}", large)

    async def send_all() -> tuple[Response, Response]:
        for number in range(100):
            await send(number)
        return await send(99), await send(0)

    repeat, forgotten = asyncio.run(send_all())

    assert repeats.answer_bytes <= 1_100_000
    assert ("idempotent-replayed", "true") in repeat.headers
    assert ("idempotent-replayed", "true") not in forgotten.headers
