"""A task that is ended has ended, whatever it does with a cancellation."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import suppress

import pytest

from batching.cancellation import cancel_and_wait, run_until_interrupted, unswallowed


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


async def test_a_step_that_swallowed_a_cancellation_is_the_last_one() -> None:
    steps: list[str] = []

    async def swallowing() -> None:
        with suppress(asyncio.CancelledError):
            await wait_for_ever()

    async def work() -> None:
        await unswallowed(swallowing())
        steps.append("the next")

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    assert not steps


async def test_a_timeout_that_was_handled_cancels_no_later_step() -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(0):
            await unswallowed(wait_for_ever())

    assert await unswallowed(asyncio.sleep(0, "done")) == "done"


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Have SIGINT mean what it does in a fresh process: a test before may have it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_command_that_swallows_it_and_lets_it_clean_up(
    number: signal.Signals,
) -> None:
    cleaned: list[str] = []

    async def command() -> None:
        os.kill(os.getpid(), number)
        try:
            await swallow_once()
        finally:
            await asyncio.sleep(0)
            cleaned.append("up")

    with pytest.raises(KeyboardInterrupt):
        run_until_interrupted(command(), by_sigterm=True)

    assert cleaned == ["up"]


def test_a_command_that_is_not_interrupted_gives_what_it_has_or_fails() -> None:
    assert run_until_interrupted(asyncio.sleep(0, "done")) == "done"
    with pytest.raises(ValueError, match="something else"):
        run_until_interrupted(fail())
