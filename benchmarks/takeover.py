"""Two workers under load, one killed with -9: how soon its partitions move again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from benchmarks.environment import Place
from benchmarks.load import generator
from benchmarks.progress import check_running, observer
from benchmarks.worker import Worker
from devstack.measure.worker_status import fetch
from models.content_sessions import CONTENT_SESSIONS

_EVENTS_PER_SECOND = 5_000
_LOAD_SECONDS = 120.0
_SETTLED_SECONDS = 3.0
_POLL_SECONDS = 0.2


async def takeover_seconds(place: Place) -> float:
    """Give the seconds from the kill until every partition of the dead has moved on."""
    prefix, group = place.name("takeover") + "-", place.name("group")
    async with place.database() as dsn:
        crew = [Worker(place, group=group, prefix=prefix, dsn=dsn) for _ in range(2)]
        load = generator(place, prefix, _EVENTS_PER_SECOND, _LOAD_SECONDS)
        try:
            for worker in crew:
                worker.child.start()
            load.start()
            orphans = await both_at_work(crew, _partitions)
            crew[0].child.kill()
            return await _moved_on(crew[1], dsn, f"{prefix}{CONTENT_SESSIONS.topic}", orphans)
        finally:
            for child in (load, *(worker.child for worker in crew)):
                child.stop()


async def both_at_work(
    crew: Sequence[Worker], partitions: Callable[[Worker], set[int]]
) -> set[int]:
    """Wait until both hold partitions, as these say, for a while; return those of the first."""
    started = settled = time.time()
    held: list[set[int]] = []
    while not held or time.time() - settled < _SETTLED_SECONDS:
        check_running([worker.child for worker in crew], started)
        now = [partitions(worker) for worker in crew]
        if now != held or not all(now):
            held, settled = now, time.time()
        await asyncio.sleep(_POLL_SECONDS)
    return held[0]


def _partitions(worker: Worker) -> set[int]:
    status = fetch(worker.web)
    if status is None:
        return set()
    return {int(number) for topic in status.partitions.values() for number in topic}


async def _moved_on(survivor: Worker, dsn: str, topic: str, orphans: set[int]) -> float:
    killed = time.time()
    async with observer(dsn, topic) as looks:
        before: dict[int, int] = {}
        async for seen in looks():
            check_running([survivor.child], killed)
            if seen.at - killed < 1.0:
                before = seen.stored  # the dead worker's last COMMIT may still be under way
            elif all(seen.stored[number] > before.get(number, 0) for number in orphans):
                return seen.at - killed
    raise AssertionError
