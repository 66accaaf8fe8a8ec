"""Partitions are made ahead, and what has expired goes: a timer on every worker.

One of them does it for all, by a lock in the database: docs/decisions/leader-by-row.md.
"""

from collections.abc import Awaitable, Callable

import faust

from db.keeping_drops import Round

_EVERY_SECONDS = 600.0


def attach(app: faust.App, keep: Callable[[], Awaitable[Round | None]]) -> None:
    """Attach the timer, and a first round at the start."""

    async def round_of_keeping() -> None:
        try:
            done = await keep()
        except Exception as error:  # noqa: BLE001 - whatever it is, counting goes on without it
            app.log.warning("keeping: next try in %.0f s: %r", _EVERY_SECONDS, error)
        else:
            _tell(app, done)

    app.task(round_of_keeping)
    app.timer(_EVERY_SECONDS, name="keeping")(round_of_keeping)


def _tell(app: faust.App, done: Round | None) -> None:
    if done is None:
        app.log.info("keeping: another session is just at it")
    elif done.held:
        app.log.error("keeping: %s; %s", done.held, done)
    elif done.made or done.dropped or done.postponed or done.dead_letters:
        app.log.info("keeping: %s", done)
