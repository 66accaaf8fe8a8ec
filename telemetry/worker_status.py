"""What `/status/` of a worker answers, as JSON: declared once, for who tells and who asks."""

from __future__ import annotations

import msgspec


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


class Unheld(msgspec.Struct, frozen=True):
    """A partition with records to store that no worker stores; `holder` is whom Kafka gave it."""

    lag: int
    holder: str = ""


class StreamStatus(msgspec.Struct, frozen=True):
    """One stream in one worker; its counters begin at 0 with the process.

    `topic_partitions` is how many the topic has, 0 while that is not known. `unheld` are those of
    them, by number, that this worker sees nobody store. `stored_at` is when a write was last
    durable, in seconds since 1970.
    """

    topic: str
    events_in: int = 0
    rows_stored: int = 0
    dead_letters: dict[str, int] = {}
    flushes: int = 0
    freshness_seconds: Freshness = Freshness()
    open_windows: int = 0
    waiting_for: str | None = None
    headline: Headline | None = None
    topic_partitions: int = 0
    unheld: dict[str, Unheld] = {}
    stored_at: float | None = None


class SourceStatus(msgspec.Struct, frozen=True):
    """What the process of a source has done; its counters begin at 0 with the process."""

    stream: str
    records: int = 0
    reconnects: int = 0
    silences: int = 0
    gaps: int = 0
    filled: int = 0
    duplicates: int = 0
    refused: dict[str, int] = {}
    last_event: float = 0.0  # seconds since 1970; 0: none yet
    progress: str = ""  # in words, where the source can tell


class WorkerStatus(msgspec.Struct, frozen=True):
    """One worker, or the process of a source."""

    worker: str
    state: str
    waiting_for: str | None = None
    partitions: dict[str, dict[str, Progress]] = {}
    streams: dict[str, StreamStatus] = {}
    traffic_by_cdn: dict[str, Traffic] = {}
    traffic_seconds: int = 60
    memory_bytes: int | None = None
    source: SourceStatus | None = None

    @property
    def rows_stored(self) -> int:
        return sum(stream.rows_stored for stream in self.streams.values())
