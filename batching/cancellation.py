"""Ending tasks for sure."""

import asyncio
from collections.abc import Collection
from typing import Any

_AGAIN_SECONDS = 0.1


async def cancel_and_wait(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel tasks and wait until they have ended, whatever came of them.

    Cancelled again and again: aiokafka swallows a cancellation while it closes a client, and the
    task would go on as if nothing had been said.
    """
    while running := [task for task in tasks if not task.done()]:
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=_AGAIN_SECONDS)
