"""`Idempotency-Key`: a request that is sent again within ten minutes is answered, not stored again.

Each process knows its own: a repeat that another process gets is stored again. It is a help against
repeats over one connection or one edge, and no more is promised.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from edge.messages import Response
from edge.problems import Problem

_WINDOW_SECONDS = 600.0
_LONGEST_KEY = 255
_MOST_BYTES = 64 * 2**20
"""Of all answers: one that refuses a thousand events has 300 KB."""


@dataclass(slots=True)
class _Known:
    """A request that was begun; its answer comes."""

    body: bytes
    until: float
    answer: asyncio.Future[Response]
    size: int = 0


class Repeats:
    """Keeps at most `most` answers, of `most_bytes`; beyond that the oldest one is forgotten."""

    def __init__(
        self,
        most: int,
        clock: Callable[[], float] = time.monotonic,
        most_bytes: int = _MOST_BYTES,
    ) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._clock = clock
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self.answer_bytes = 0

    async def once(
        self, key: tuple[str, str, str], body: bytes, answer: Callable[[], Awaitable[Response]]
    ) -> Response:
        """Answer anew, or as this key (caller, path, its own) was answered before.

        Raises Problem 422 where the body is another one. What failed is not kept.
        """
        if len(key[-1]) > _LONGEST_KEY:
            raise Problem(400, f"an Idempotency-Key has at most {_LONGEST_KEY} characters")
        self._forget()
        digest = hashlib.blake2b(body, digest_size=16).digest()
        # a path with its query is as long as a client likes
        named = hashlib.blake2b(
            "\0".join(key).encode(errors="surrogatepass"), digest_size=16
        ).digest()
        known = self._known.get(named)
        if known is None:
            return await self._first(named, digest, answer)
        if known.body != digest:
            raise Problem(422, "this Idempotency-Key came with another body: take a new one")
        before = await asyncio.shield(known.answer)
        replayed = ("idempotent-replayed", "true")
        return Response(before.status, before.body, [*before.headers, replayed])

    async def _first(
        self, key: bytes, digest: bytes, answer: Callable[[], Awaitable[Response]]
    ) -> Response:
        future: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        future.add_done_callback(_retrieved)
        begun = _Known(digest, self._clock() + _WINDOW_SECONDS, future)
        self._known[key] = begun
        try:
            response = await answer()
        except BaseException as error:
            if self._known.get(key) is begun:  # not one that came after this was forgotten
                del self._known[key]
            future.set_exception(
                error if isinstance(error, Problem) else Problem(503, "the first one failed")
            )
            raise
        future.set_result(Response(response.status, response.body, list(response.headers)))
        if self._known.get(key) is begun:
            begun.size = len(response.body)
            self.answer_bytes += begun.size
        return response

    def _forget(self) -> None:
        now = self._clock()
        while self._known:
            oldest = next(iter(self._known.values()))
            is_room = len(self._known) < self._most and self.answer_bytes <= self._most_bytes
            if oldest.until > now and is_room:
                return
            self._known.popitem(last=False)
            self.answer_bytes -= oldest.size


def _retrieved(future: asyncio.Future[Response]) -> None:
    # nobody may wait for it: asyncio would complain of an error that nobody took
    if not future.cancelled():
        future.exception()
