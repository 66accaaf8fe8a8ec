"""One process of an edge: what begins and ends with it, and what it looks after meanwhile."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from collections.abc import Sequence

from edge import monitoring
from edge.counts import Counts
from edge.health import Health
from edge.kafka import RecordProducer
from edge.keys import KeyRing
from edge.requests import Requests
from edge.slow_readers import cut_slow_readers
from edge.topics import Topics

_TICK_SECONDS = 1.0


class Process:
    """What granian calls: with each request, and when a process begins and ends."""

    def __init__(
        self,
        requests: Requests,
        producer: RecordProducer,
        topics: Topics,
        *,
        keys: KeyRing,
        counts: Counts,
        health: Health,
        monitored_at: tuple[str, Sequence[int]],
        port: int,
        patience_seconds: float,
    ) -> None:
        self.__rsgi__ = requests.answer
        self._producer = producer
        self._topics = topics
        self._keys = keys
        self._health = health
        self._host, self._ports = monitored_at
        self._port, self._patience_seconds = port, patience_seconds
        self._source = counts.samples(
            lambda: producer.pending_bytes, lambda: not health.not_ready()
        )
        self._beside: list[asyncio.Task[None]] = []

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        # what was built stays: the collector need not look at it again and again
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
        self._producer.open(loop)
        self._beside = [
            loop.create_task(self._topics.make()),
            loop.create_task(self._look_after()),
            loop.create_task(cut_slow_readers(self._port, self._patience_seconds)),
            loop.create_task(monitoring.serve(self._host, self._ports, self._source, self._health)),
        ]

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        for task in self._beside:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*self._beside, return_exceptions=True))
        self._producer.close()

    async def _look_after(self) -> None:
        """Read new keys, and end with the process that started this one, if that is killed."""
        parent = os.getppid()
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            self._keys.refresh()
            if os.getppid() != parent:
                os.kill(os.getpid(), signal.SIGTERM)
                return
