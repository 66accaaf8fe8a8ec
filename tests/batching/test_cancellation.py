"""A task that is ended has ended, whatever it does with a cancellation."""

import asyncio
from contextlib import suppress

from batching.cancellation import cancel_and_wait


async def wait_for_ever() -> None:
    await asyncio.Event().wait()


async def swallow_once() -> None:
    """Behave like aiokafka while it closes a client."""
    with suppress(asyncio.CancelledError):
        await wait_for_ever()
    await wait_for_ever()


async def fail() -> None:
    raise ValueError("something else")


async def test_tasks_have_ended_even_one_that_swallowed_the_cancellation() -> None:
    tasks = [asyncio.create_task(it) for it in (wait_for_ever(), swallow_once())]
    await asyncio.sleep(0)

    await cancel_and_wait(tasks)

    assert all(task.cancelled() for task in tasks)


async def test_what_a_task_failed_of_is_left_to_whoever_asks() -> None:
    task = asyncio.create_task(fail())
    await asyncio.wait([task])

    await cancel_and_wait([task])

    assert isinstance(task.exception(), ValueError)
