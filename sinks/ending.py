"""Work that ends also when who waits for it is cancelled."""

import asyncio
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")

_END_SECONDS = 10.0


async def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """Let work end also when who waits is cancelled, however often, within some seconds.

    What is on its way would else be stored after somebody has looked. A thread that takes longer
    goes on by itself.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        until = time.monotonic() + _END_SECONDS
        while not task.done() and (left := until - time.monotonic()) > 0:
            with suppress(asyncio.CancelledError):  # the first one is raised in the end
                await asyncio.wait([task], timeout=left)
        if not task.done():
            task.cancel()
        elif not task.cancelled():
            task.exception()  # nobody else asks for it
        raise
