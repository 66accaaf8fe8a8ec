"""The Faust app of a worker: what has to be so before it starts."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol

import faust

from batching.tuning import tune_process
from telemetry.server import MonitoringServer

_FLUSH_SECONDS = 2.0


class Closable(Protocol):
    async def close(self) -> None: ...


class BatchApp(faust.App):
    """A Faust app that prepares its place first."""

    prepare: Callable[[], Awaitable[None]]
    monitoring: MonitoringServer
    closed_at_last: Sequence[Closable] = ()

    async def _producer_flush(self, logger: Any) -> None:
        # Only changelogs of live tables are under way, and nothing exact rests on them: neither
        # SIGTERM nor a rebalance waits twenty minutes (Faust's limit) for a broker that is gone.
        with suppress(TimeoutError):
            async with asyncio.timeout(_FLUSH_SECONDS):
                await super()._producer_flush(logger)

    async def on_first_start(self) -> None:
        # not Faust's own, which makes data folders: tables are in memory
        tune_process()
        hush_faust()
        await self.monitoring.start()  # before all that may have to wait, to say what it waits for
        await self.prepare()

    async def on_shutdown(self) -> None:
        await self.monitoring.stop()
        await super().on_shutdown()
        for one in self.closed_at_last:
            await one.close()


def hush_faust() -> None:
    """Take away "producer buffer full size …", which is no trouble and nothing to be done about.

    So it says whenever a flush writes more than a hundred entries of live tables at once.
    """
    logging.getLogger("faust.transport.producer").setLevel(logging.ERROR)


CONFIGURATION: dict[str, Any] = {
    "store": "memory://",
    "key_serializer": "raw",
    "value_serializer": "raw",
    "agent_supervisor": "mode.CrashingSupervisor",  # a bug stops the worker; Faust restarts agents
    "stream_wait_empty": False,  # a database that is away must not hold up a rebalance or SIGTERM
    "stream_buffer_maxsize": 6,  # batches of up to 5,000 records
    "broker_max_poll_records": 20_000,
    # of each partition: 4 MB drain no faster, and take 30 MB more (`python -m benchmarks`)
    "consumer_max_fetch_size": 2 * 1024 * 1024,
    "consumer_auto_offset_reset": "earliest",
    "consumer_metadata_max_age_ms": 5_000,  # how soon new partitions of a topic are seen
    "broker_commit_interval": 1.0,
    "broker_heartbeat_interval": 1.0,
    # A worker that waits for its database does not poll, and must keep its partitions all the same.
    "broker_max_poll_interval": 7 * 86_400.0,
    "producer_metadata_max_age_ms": 5_000,
    "producer_max_request_size": 32 * 1024 * 1024,
    "topic_disable_leader": True,
    "table_standby_replicas": 0,
    "web_tables_enabled": False,  # app/worker/web.py serves these pages, with entries
}
