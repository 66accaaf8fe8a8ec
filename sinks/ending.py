"""Work that ends also when who waits for it is cancelled."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_END_SECONDS = 10.0


async def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """Let work end also when who waits is cancelled, within some seconds.

    What is on its way would else be stored after somebody has looked. A thread that takes longer
    goes on by itself.
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
