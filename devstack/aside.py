"""Running a coroutine from synchronous code that signals may interrupt."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import Future
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")


def run_aside(main: Coroutine[Any, Any, T]) -> T:
    """Run it in a thread of its own; raise what it raises.

    `up` turns signals into KeyboardInterrupt, in whatever the main thread does just then. Within
    an event loop that leaves a task in the middle of a step, and asyncio then cancels the others
    and may wait for them for ever. The main thread waits outside, and leaves at once.
    """
    future: Future[T] = Future()

    def work() -> None:
        try:
            future.set_result(asyncio.run(main))
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            future.set_exception(error)

    Thread(target=work, daemon=True).start()
    return future.result()
