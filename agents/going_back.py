"""A database that went back is noticed, also where nothing new comes in.

An asynchronous replica that takes over, or a restored copy, may lack the last transactions: rows
and positions alike. A worker that writes is fenced then, and its successor reads the difference
from Kafka. One that has nothing to write would never know: so each looks now and then.
"""

from collections.abc import Awaitable, Callable, Iterable

import faust

from agents.writers import Writers
from models.positions import Positions
from sinks.base import WentBackError

_EVERY_SECONDS = 10.0


def attach(
    app: faust.App, writers: Writers, look: Callable[[Iterable[str]], Awaitable[Positions]]
) -> None:
    """Attach the timer; `look` reads the positions of topics from the database."""

    async def compare() -> None:
        stored = writers.stored()  # before the look: what it finds can only be further
        topics = sorted({tp.topic for tp in stored})
        try:
            held = await look(topics) if topics else {}
        except Exception:  # noqa: BLE001 - the survey and the writers tell why it does not answer
            return
        if behind := _behind(stored, held):
            await app.crash(WentBackError(_told(behind)))

    app.timer(_EVERY_SECONDS, name="going-back")(compare)


def _behind(stored: Positions, held: Positions) -> list[str]:
    """Name the partitions of which less is held than was stored."""
    return [
        f"{tp.topic}[{tp.partition}]"
        for tp, position in sorted(stored.items())
        if tp not in held or held[tp][:2] < position[:2]  # epoch, last offset
    ]


def _told(behind: list[str]) -> str:
    return (
        f"the database holds less than this worker has stored ({', '.join(behind)}): a replica "
        "took over, or a copy was restored. Start the worker again: it reads the rest from Kafka"
    )
