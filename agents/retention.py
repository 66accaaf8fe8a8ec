"""Partitions are made ahead, and what has expired goes: a timer on every worker.

One of them does it for all, by a lock in the database: docs/decisions/leader-by-row.md.
"""

from collections.abc import Awaitable, Callable

import faust

from db.retention_drops import RetentionRound

_EVERY_SECONDS = 600.0


def attach(app: faust.App, apply_retention: Callable[[], Awaitable[RetentionRound | None]]) -> None:
    """Attach the timer, and a first round at the start."""

    async def retention_round() -> None:
        try:
            done = await apply_retention()
        except Exception as error:  # noqa: BLE001 - whatever it is, counting goes on without it
            app.log.warning("retention: next try in %.0f s: %r", _EVERY_SECONDS, error)
        else:
            _tell(app, done)

    app.task(retention_round)
    app.timer(_EVERY_SECONDS, name="retention")(retention_round)


def _tell(app: faust.App, done: RetentionRound | None) -> None:
    if done is None:
        app.log.info("retention: another session is just at it")
    elif done.held:
        app.log.error("retention: %s; %s", done.held, done)
    elif done.made or done.dropped or done.postponed or done.dead_letters:
        app.log.info("retention: %s", done)
