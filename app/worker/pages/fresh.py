"""What many look at is made once a second, however many they are."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from time import monotonic
from typing import Generic, TypeVar

_FRESH_SECONDS = 0.9
_KEPT = 32
Made = TypeVar("Made")


class Fresh(Generic[Made]):
    """Keeps the newest few; whoever asks while one is made waits for that one."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._kept: dict[Hashable, tuple[float, asyncio.Future[Made]]] = {}

    async def get(self, key: Hashable, make: Callable[[], Awaitable[Made]]) -> Made:
        made_at, made = self._kept.get(key, (0.0, None))
        age = self._clock() - made_at
        if made is None or _is_over(made, age):
            made = asyncio.ensure_future(make())
            made.add_done_callback(_heard)
            self._kept.pop(key, None)
            self._kept[key] = (self._clock(), made)
            while len(self._kept) > _KEPT:
                self._kept.pop(next(iter(self._kept)))
        # one viewer that leaves must not take it from the others
        return await asyncio.shield(made)


def _is_over(made: asyncio.Future[Made], age: float) -> bool:
    if not made.done():
        return False
    return made.cancelled() or made.exception() is not None or age > _FRESH_SECONDS


def _heard(made: asyncio.Future[Made]) -> None:
    # all who waited may have left: without this asyncio would complain that nobody saw the error
    if not made.cancelled():
        made.exception()
