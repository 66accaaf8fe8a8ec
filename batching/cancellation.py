"""Ending tasks for sure."""

import asyncio
import signal
from collections.abc import Awaitable, Collection, Coroutine
from typing import Any, TypeVar

_AGAIN_SECONDS = 0.1
_CLEANING_SECONDS = 2.0
"""A command that was told to end may take so long to close what it has open, undisturbed."""
_STOP_SECONDS = 5.0

T = TypeVar("T")


async def cancel_and_wait(
    tasks: Collection[asyncio.Task[Any]], again_seconds: float = _AGAIN_SECONDS
) -> None:
    """Cancel tasks and wait until they have ended, whatever came of them.

    Cancelled again and again: aiokafka swallows a cancellation while it closes a client, and the
    task would go on as if nothing had been said.
    """
    while running := [task for task in tasks if not task.done()]:
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=again_seconds)


async def unswallowed(step: Awaitable[T]) -> T:
    """Await a step that may swallow a cancellation; raise it where it did."""
    answer = await step
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
    return answer


def run_until_interrupted(main: Coroutine[Any, Any, T], *, by_sigterm: bool = False) -> T:
    """Run like `asyncio.run`, with a Ctrl-C that cannot be lost. Raises KeyboardInterrupt.

    asyncio cancels once, and a library that swallows that would have the command go on. With
    `by_sigterm` that signal does the same, where else it ends the process without a word.
    """
    try:
        return asyncio.run(_cancelled_until_it_ends(main, by_sigterm=by_sigterm))
    except asyncio.CancelledError:
        if by_sigterm:  # asyncio.run itself knows of Ctrl-C alone
            raise KeyboardInterrupt from None
        raise


async def _cancelled_until_it_ends(main: Coroutine[Any, Any, T], *, by_sigterm: bool) -> T:
    task = asyncio.ensure_future(main)
    me = asyncio.current_task()
    if by_sigterm and me is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, me.cancel)
    try:
        await asyncio.wait([task])
    except asyncio.CancelledError:
        await cancel_and_wait([task], _CLEANING_SECONDS)
        if task.cancelled() or task.exception() is not None:
            raise
    return task.result()


async def stop_in_time(stopping: Coroutine[Any, Any, None]) -> None:
    """Wait for Kafka's clients to stop, but not for a Kafka that does not answer.

    They would wait for its answers for 90 seconds; who stops a worker kills it before. What is left
    over ends with the loop.
    """
    task = asyncio.ensure_future(stopping)
    await asyncio.wait([task], timeout=_STOP_SECONDS)
    if task.done():
        task.result()
