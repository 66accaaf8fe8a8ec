"""Several things at once, of which all end before anybody goes on."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from sinks.base import Fenced, SinkUnavailable

T = TypeVar("T")
Work = Callable[[], Coroutine[Any, Any, T]]

_END_SECONDS = 10.0


class Together(Generic[T]):
    """Runs so many at the same time, and all to their end."""

    def __init__(self, at_once: int) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._work: list[Work[T]] = []

    def add(self, work: Work[T]) -> None:
        self._work.append(work)

    async def done(self) -> list[T]:
        """Give all results; of errors a bug comes first, then Fenced, then SinkUnavailable."""
        results = await asyncio.gather(*map(self._one, self._work), return_exceptions=True)
        errors = [one for one in results if isinstance(one, BaseException)]
        if errors:
            raise min(errors, key=_rank)
        return [one for one in results if not isinstance(one, BaseException)]

    async def _one(self, work: Work[T]) -> T:
        async with self._free:
            return await work()


def _rank(error: BaseException) -> int:
    return 2 if isinstance(error, SinkUnavailable) else 1 if isinstance(error, Fenced) else 0


async def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """Let work end also when who waits is cancelled, within some seconds.

    An object that is on its way would else be stored after somebody has looked.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        done, _ = await asyncio.wait([task], timeout=_END_SECONDS)
        if not done:
            task.cancel()
        elif not task.cancelled():
            task.exception()  # nobody else asks for it
        raise
