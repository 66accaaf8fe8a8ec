"""What runs aside can be left at any moment."""

import asyncio
import os
import signal
import threading

import pytest

from devstack.aside import run_aside

pytestmark = pytest.mark.timeout(30)


async def double(number: int) -> int:
    await asyncio.sleep(0)
    return 2 * number


async def fail() -> None:
    raise LookupError("told")


def test_it_gives_what_the_coroutine_gives() -> None:
    assert run_aside(double(21)) == 42
    with pytest.raises(LookupError, match="told"):
        run_aside(fail())


def test_a_signal_ends_the_wait_whatever_the_coroutine_does() -> None:
    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    over = threading.Event()

    async def deaf() -> None:
        os.kill(os.getpid(), signal.SIGUSR1)
        over.wait()  # not even a cancellation would reach it

    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            run_aside(deaf())
    finally:
        over.set()
        signal.signal(signal.SIGUSR1, before)
