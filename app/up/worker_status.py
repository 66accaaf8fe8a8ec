"""What workers say about themselves on their web page `/status/`."""

from __future__ import annotations

import http.client
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import msgspec

_TIMEOUT_SECONDS = 2.0


class Progress(msgspec.Struct, frozen=True):
    """A partition: `stored` is the next offset to store, `end` the log's end."""

    stored: int
    end: int
    lag: int


class Freshness(msgspec.Struct, frozen=True):
    """Seconds from produced to visible in the database; None before the first row."""

    p50: float | None = None
    p99: float | None = None


class Traffic(msgspec.Struct, frozen=True):
    """One CDN of late: means over the status' `traffic_seconds`."""

    traffic_mbps: float = 0.0
    concurrent_sessions: float = 0.0


class Headline(msgspec.Struct, frozen=True):
    """What a stream says in one line: `text` about the key that has most.

    `keys` are the largest, each with what it is ordered by and the value to show.
    """

    text: str = ""
    keys: dict[str, tuple[float, float]] = {}
    adds_up: bool = True  # over workers; a price does not


class StreamStatus(msgspec.Struct, frozen=True):
    """One stream in one worker; its counters begin at 0 with the process."""

    topic: str
    events_in: int = 0
    rows_stored: int = 0
    dead_letters: dict[str, int] = {}
    flushes: int = 0
    freshness_seconds: Freshness = Freshness()
    open_windows: int = 0
    waiting_for: str | None = None
    headline: Headline | None = None


class WorkerStatus(msgspec.Struct, frozen=True):
    """One worker."""

    worker: str
    state: str
    waiting_for: str | None = None
    partitions: dict[str, dict[str, Progress]] = {}
    streams: dict[str, StreamStatus] = {}
    traffic_by_cdn: dict[str, Traffic] = {}
    traffic_seconds: int = 60
    memory_bytes: int | None = None

    @property
    def rows_stored(self) -> int:
        return sum(stream.rows_stored for stream in self.streams.values())


def fetch(url: str) -> WorkerStatus | None:
    """Ask a worker; None while it does not answer."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.netloc, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/status/")
        answer = connection.getresponse()
        return msgspec.json.decode(answer.read(), type=WorkerStatus)
    except (OSError, http.client.HTTPException, msgspec.DecodeError):
        return None
    finally:
        connection.close()


def fetch_all(urls: Sequence[str]) -> list[WorkerStatus | None]:
    """Ask all at once: one that hangs delays no other."""
    with ThreadPoolExecutor(max(1, len(urls))) as pool:
        return list(pool.map(fetch, urls))
