"""Statuses as workers answer them, for tests of what is made of them."""

import msgspec

from app.up.worker_status import StreamStatus, WorkerStatus

RECORDED = b"""{
  "worker": "headrace-core", "state": "running", "waiting_for": null,
  "partitions": {"content_sessions": {
    "0": {"stored": 31542, "end": 31550, "lag": 8},
    "1": {"stored": 30871, "end": 30871, "lag": 0}}},
  "streams": {"content_sessions": {
    "topic": "content_sessions",
    "events_in": 62413, "rows_stored": 62350, "dead_letters": {"malformed": 40, "invalid": 23},
    "flushes": 61, "freshness_seconds": {"p50": 0.41, "p99": 0.93}, "open_windows": 96,
    "headline": {"text": "busiest CDN {key}, {value:,.1f} Mbit/s", "adds_up": true,
      "keys": {"Akamai": [110592000, 1843.2], "Fastly": [55296000, 921.6]}}}},
  "traffic_by_cdn": {
    "Akamai": {"traffic_mbps": 1843.2, "concurrent_sessions": 410.5},
    "Fastly": {"traffic_mbps": 921.6, "concurrent_sessions": 205.0}},
  "traffic_seconds": 60,
  "memory_bytes": 134217728}"""


def recorded() -> WorkerStatus:
    return msgspec.json.decode(RECORDED, type=WorkerStatus)


def counting(events_in: int, rows_stored: int = 0) -> WorkerStatus:
    stream = StreamStatus("t", events_in=events_in, rows_stored=rows_stored)
    return WorkerStatus("w", "running", streams={"t": stream})
