"""How long to wait before a sink that was away is asked again."""

import asyncio
import logging

from agents.protocols import Observer
from sinks.base import Fenced, SinkUnavailable

logger = logging.getLogger(__name__)

_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0


class Pauses:
    """Longer and longer pauses while a sink is away."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._seconds = 0.0

    async def wait(self, reason: SinkUnavailable | Fenced) -> None:
        self._seconds = min(max(self._seconds * 2, _FIRST_PAUSE_SECONDS), _LONGEST_PAUSE_SECONDS)
        logger.warning("nothing is lost, next try in %.1f s: %s", self._seconds, reason)
        self._observer.on_waiting(str(reason))
        await asyncio.sleep(self._seconds)

    def over(self) -> None:
        if self._seconds:
            logger.info("the sink is back")
            self._observer.on_waiting(None)
