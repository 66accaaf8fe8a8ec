"""Partitions are made ahead, and what has expired goes: a timer on every worker.

One of them does it for all, by a lock in the database: docs/decisions/leader-by-advisory-lock.md.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import faust

_EVERY_SECONDS = 600.0


def attach(app: faust.App, keep: Callable[[], Awaitable[Any]]) -> None:
    """Attach the timer, and a first round at the start."""

    async def round_of_keeping() -> None:
        try:
            done = await keep()
        except Exception as error:  # noqa: BLE001 - whatever it is, counting goes on without it
            app.log.warning("keeping: next try in %.0f s: %r", _EVERY_SECONDS, error)
        else:
            if done is not None and (done.made or done.dropped or done.postponed):
                app.log.info("keeping: %s", done)

    app.task(round_of_keeping)
    app.timer(_EVERY_SECONDS, name="keeping")(round_of_keeping)
