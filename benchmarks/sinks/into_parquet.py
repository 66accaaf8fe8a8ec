"""Media events from Kafka into Parquet on S3."""

from __future__ import annotations

from typing import Any

from benchmarks.sinks.backlog import Backlog, Say, fill
from benchmarks.sinks.draining import drain
from benchmarks.sinks.stage import Stage
from benchmarks.sinks.stored import InParquet

_STREAM = "media_events"
_LONG_SECONDS = 60.0
"""What is left behind the last full file is written then; until then only full ones are."""


def parquet(stage: Stage, events: int, processes: tuple[int, ...], say: Say) -> dict[str, Any]:
    """Measure one backlog with so many processes, each time into a bucket of its own."""
    backlog = _backlog(stage, events, say)
    found: dict[str, Any] = {"json_bytes_per_event": _json_bytes(backlog)}
    for count in processes:
        say(f"{count} process(es)")
        found[f"processes_{count}"] = into_s3(stage, backlog, count)[1]
        say(f"  {found[f'processes_{count}']}")
    return found


def parquet_memory(stage: Stage, rows: int, say: Say) -> dict[str, Any]:
    """Measure the memory of one process that writes two files of so many rows, and what is left.

    One partition, so that a file has all rows of a write.
    """
    backlog = _backlog(stage, 2 * rows, say, partitions=1)
    limits = {"flush_records": rows, "flush_bytes": 2**31, "flush_seconds": _LONG_SECONDS}
    stored, found = into_s3(stage, backlog, 1, **limits)
    found["rows_of_files"] = stored.rows_of_files()
    return found


def into_s3(
    stage: Stage, backlog: Backlog, processes: int, **limits: Any
) -> tuple[InParquet, dict[str, Any]]:
    """Drain a backlog into a bucket of its own; `limits` are flush_records and the like."""
    s3 = stage.s3
    bucket = s3.bucket()
    entry = {"kind": "parquet", **s3.options(bucket), **limits}
    document = stage.document({"lake": entry})
    crew = stage.workers(
        "lake", document, prefix=backlog.prefix, streams=backlog.stream, count=processes
    )
    stored = InParquet(s3.buckets / bucket / "some" / "prefix" / backlog.topic)
    engines = {"broker": stage.here.kafka.child, "gateway": s3.child}
    found = drain(crew, stored, backlog, engines)
    size = stored.stored_bytes() / backlog.events
    return stored, found | {
        "files": len(stored.files),
        "bytes_per_event": round(size, 1),
        "json_to_parquet": round(backlog.json_bytes / backlog.events / size, 1),
    }


def _backlog(stage: Stage, events: int, say: Say, **more: Any) -> Backlog:
    prefix = f"{stage.here.name('parquet')}-"
    return fill(stage.here.kafka.address, prefix, _STREAM, events, say, **more)


def _json_bytes(backlog: Backlog) -> float:
    return round(backlog.json_bytes / backlog.events, 1)
