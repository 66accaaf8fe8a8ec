"""Two processes of one sink's role, one killed with -9: how soon its partitions move again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.load import generator
from benchmarks.progress import check_running
from benchmarks.sinks import kafka
from benchmarks.sinks.backlog import Say
from benchmarks.sinks.stage import Stage, start, stop
from benchmarks.takeover import both_at_work
from benchmarks.worker import Worker
from devstack.measure.worker_status import fetch
from models.content_sessions import CONTENT_SESSIONS
from models.positions import TopicPartition
from sinks.base import Sink
from sinks.kinds import kinds

_EVENTS_PER_SECOND = 5_000
_LOAD_SECONDS = 180.0
_POLL_SECONDS = 0.2
_SESSION_SECONDS = 6.0
"""The default of HEADRACE_SESSION_TIMEOUT_SECONDS."""


def takeover(stage: Stage, say: Say) -> dict[str, Any]:
    """Measure each kind of sink."""
    folder = stage.here.folder / stage.here.name("lines")
    entries: Mapping[str, Mapping[str, Any]] = {
        "columns": {"kind": "clickhouse", "url": stage.clickhouse.url, "database": "takeover"},
        # else it writes every ten seconds, whoever holds the partition
        "lake": {"kind": "parquet", **stage.s3.options(stage.s3.bucket()), "flush_seconds": 1},
        "lines": {"kind": "file", "path": str(folder)},
    }
    document = stage.document(entries)
    found: dict[str, Any] = {"session_timeout_seconds": _SESSION_SECONDS}
    for name, entry in entries.items():
        say(f"{name}: two processes, one of them is killed")
        seconds = asyncio.run(_takeover(stage, document, name, entry))
        found[f"{entry['kind']}_seconds"] = round(seconds, 2)
        say(f"  {seconds:.1f} s")
    return found


async def _takeover(stage: Stage, document: Path, role: str, entry: Mapping[str, Any]) -> float:
    prefix, stream = f"{stage.here.name('takeover')}-", CONTENT_SESSIONS.topic
    crew = stage.workers(role, document, prefix=prefix, streams=stream, count=2)
    load = generator(stage.here, prefix, _EVENTS_PER_SECOND, _LOAD_SECONDS)
    try:
        start(crew)
        load.start()
        orphans = await both_at_work(crew, _partitions)
        tps = [TopicPartition(f"{prefix}{stream}", number) for number in orphans]
        sink = _opened(entry)
        try:
            crew[0].child.kill()
            killed = time.time()
            ends = await asyncio.to_thread(
                kafka.ends, stage.here.kafka.address, [f"{prefix}{stream}"]
            )
            wanted = {tp: ends[tp] for tp in tps}
            return await _moved_on(crew[1], sink, wanted) - killed
        finally:
            await sink.close()
    finally:
        load.stop()
        stop(crew)


def _opened(entry: Mapping[str, Any]) -> Sink:
    kind = kinds()[entry["kind"]]
    options = {name: value for name, value in entry.items() if name in kind.options.model_fields}
    return kind.open(kind.options.model_validate(options), CONTENT_SESSIONS, "looker-on")


def _partitions(worker: Worker) -> set[int]:
    """Give those that a worker holds which has stored something."""
    status = fetch(worker.web)
    if status is None or not status.rows_stored:
        return set()
    return {int(number) for topic in status.partitions.values() for number in topic}


async def _moved_on(survivor: Worker, sink: Sink, ends: Mapping[TopicPartition, int]) -> float:
    """Give when each partition holds a record that was produced after the kill.

    The dead process' last write may still be under way then; it cannot hold such a record.
    """
    started = time.time()
    while True:
        check_running([survivor.child], started)
        now = await sink.positions(list(ends))
        if all(now[tp].last_offset >= end for tp, end in ends.items()):
            return time.time()
        await asyncio.sleep(_POLL_SECONDS)
