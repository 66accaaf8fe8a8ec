"""Several things at once, of which all end before anybody goes on."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from sinks.base import Fenced, SinkUnavailable

T = TypeVar("T")
Work = Callable[[], Coroutine[Any, Any, T]]


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
