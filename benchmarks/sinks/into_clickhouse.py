"""Heartbeats from Kafka into a table of ClickHouse, and the same by a program that is not exact."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from statistics import median
from typing import Any

from benchmarks.sinks.backlog import Backlog, Say, fill
from benchmarks.sinks.draining import drain, follow, told
from benchmarks.sinks.stage import Stage
from benchmarks.sinks.stored import InClickhouse, check_exact
from devstack.processes.child import Child
from models.content_sessions import CONTENT_SESSIONS
from sinks.clickhouse.column_types import column_types

_STREAM = CONTENT_SESSIONS.topic
_PEER = "benchmarks.peers.clickhouse_plain"


def clickhouse(
    stage: Stage, events: int, rounds: int, say: Say, *, players_tell: bool
) -> dict[str, Any]:
    """Measure both, turn by turn, on one backlog."""
    prefix = f"{stage.here.name('clickhouse')}-"
    backlog = fill(
        stage.here.kafka.address, prefix, _STREAM, events, say, players_tell=players_tell
    )
    ours, theirs = [], []
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}: headrace")
        ours.append(_ours(stage, backlog, f"ours{number}"))
        say(f"  {ours[-1]}")
        say(f"round {number + 1} of {rounds}: confluent-kafka and clickhouse-connect")
        theirs.append(_theirs(stage, backlog, f"plain{number}"))
        say(f"  {theirs[-1]}")
    return {
        "json_bytes_per_event": round(backlog.json_bytes / backlog.events, 1),
        "headrace": ours,
        "plain": theirs,
        "events_per_second": round(_middle(ours)),
        "against_plain": round(_middle(ours) / _middle(theirs), 2),
    }


def _ours(stage: Stage, backlog: Backlog, database: str) -> dict[str, Any]:
    server = stage.clickhouse
    entry = {"kind": "clickhouse", "url": server.url, "database": database}
    document = stage.document({"columns": entry})
    crew = stage.workers("columns", document, prefix=backlog.prefix, streams=_STREAM)
    stored = InClickhouse(server, database, f"{_STREAM}_records")
    engines = {"broker": stage.here.kafka.child, "clickhouse": server.child}
    found = drain(crew, stored, backlog, engines)
    found["bytes_per_event"] = round(stored.stored_bytes() / backlog.events, 1)
    server.query(f"DROP DATABASE {database} SYNC")
    return found


def _theirs(stage: Stage, backlog: Backlog, database: str) -> dict[str, Any]:
    server = stage.clickhouse
    server.query(f"CREATE DATABASE {database}")
    server.query(plain_table_sql(f"{database}.heartbeats"))
    name = stage.here.name("plain")
    child = Child(
        name,
        [
            *(sys.executable, "-m", _PEER, stage.here.kafka.address, backlog.topic),
            *(str(server.port), f"{database}.heartbeats"),
        ],
        stage.here.folder / f"{name}.log",
        watchdog=stage.here.watchdog,
        grace_seconds=2.0,
    )
    stored = InClickhouse(server, database, "heartbeats")
    hops = {
        "program": [child],
        "broker": [stage.here.kafka.child],
        "clickhouse": [server.child],
    }
    child.start()
    try:
        course = follow(stored, backlog.events, hops, lambda: "began" in child.tail())
    finally:
        child.stop()
    check_exact(stored, backlog)  # nothing was killed, so it has to be
    server.query(f"DROP DATABASE {database} SYNC")
    return told(course, backlog.events)


def plain_table_sql(table: str) -> str:
    """Make a table of the same columns and sorting key as the sink's, without what makes it exact.

    No projections, no columns about the record but its place, no memory of what was inserted.
    """
    columns = [f"`{name}` {found.sql}" for name, found in column_types(CONTENT_SESSIONS).items()]
    columns += ["kafka_partition UInt32", "kafka_offset Int64"]
    key = "ENGINE = MergeTree ORDER BY (current_cdn, time)"
    return f"CREATE TABLE {table} ({', '.join(columns)}) {key}"


def _middle(rounds: Sequence[dict[str, Any]]) -> float:
    return float(median(one["events_per_second"] for one in rounds))
