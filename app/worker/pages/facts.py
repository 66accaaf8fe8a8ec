"""What workers tell each other for the pages, as JSON; whoever reads it trusts no length."""

from __future__ import annotations

import msgspec

from telemetry.worker_status import WorkerStatus

SLOT_SECONDS = 4
"""How much time one point of a sparkline stands for."""

Number = int | float | str
"""A measure; an exact decimal travels as a string, as JSON's numbers would round it."""


class Samples(msgspec.Struct, frozen=True):
    """One stream's last minutes, one value for each slot, the newest last.

    `last_slot` is seconds since 1970, divided by SLOT_SECONDS. `rate` is events a second, `lag`
    records, `freshness` seconds (p50, None while nothing came), `dead_letters` how many came.
    """

    last_slot: int = 0
    rate: list[float] = []
    lag: list[int] = []
    freshness: list[float | None] = []
    dead_letters: list[int] = []


class Letter(msgspec.Struct, frozen=True):
    """A dead letter, `payload` cut and made readable; None is a record without a value."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    reason: str
    detail: str
    payload: str | None
    size_bytes: int
    context: str = ""


class Row(msgspec.Struct, frozen=True):
    """A key of a window. `partition` is None where the numbers of all partitions are added up."""

    key: str
    measures: dict[str, Number]
    partition: int | None = None


class WindowRows(msgspec.Struct, frozen=True):
    """The largest keys of one window; `keys` is how many there are."""

    start: str
    keys: int = 0
    rows: list[Row] = []


class TableFacts(msgspec.Struct, frozen=True):
    """A live table as one worker sees it.

    `starts` are the windows it has, the newest first; `window` is the one that was asked for.
    `found` are all windows of the key that was asked for, `like` keys that contain it.
    """

    starts: list[str] = []
    window: WindowRows | None = None
    found: dict[str, list[Row]] = {}
    like: list[str] = []


class WorkerFacts(msgspec.Struct, frozen=True):
    """All that the overview shows of one worker; `windows` is the newest of each table."""

    status: WorkerStatus
    samples: dict[str, Samples] = {}
    windows: dict[str, WindowRows] = {}
    letters: list[Letter] = []
