"""What comes in through sources and the edge: each is asked, twice for a rate."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

from devstack.measure.worker_status import fetch_all
from devstack.place.up_file import Addresses
from telemetry.metrics import EDGE_ACCEPTED, EDGE_REFUSED, READY
from telemetry.worker_status import WorkerStatus

_TIMEOUT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class EdgeStatus:
    """One edge; its counters begin at 0 with the process."""

    is_ready: bool
    accepted: int
    refused: int


@dataclass(frozen=True, slots=True)
class WayIn:
    """A source or the edge, and its events a second; None for who does not answer."""

    status: WorkerStatus | EdgeStatus | None
    per_second: float | None = None
    ended: bool = False
    """Whether it is a source that has read all."""


@dataclass(slots=True)
class WaysIn:
    """Makes rates of what they counted, by the names of sources and `edge`."""

    _before: Mapping[str, int] = field(default_factory=dict)
    _at: float = 0.0

    def measure(self, places: Addresses) -> Mapping[str, WayIn]:
        """Ask all; of the second time on with rates."""
        asked = {role: source.web for role, source in places.sources.items() if not source.ended}
        of_sources = fetch_all(list(asked.values()))
        found: dict[str, WorkerStatus | EdgeStatus | None] = dict(
            zip(asked, of_sources, strict=True)
        )
        if places.edge_metrics:
            found["edge"] = fetch_edge(places.edge_metrics)
        now = time.monotonic()
        counts = {name: _count(status) for name, status in found.items() if status}
        elapsed = now - self._at
        rates = {
            name: (count - self._before[name]) / elapsed
            for name, count in counts.items()
            if self._before.get(name, count + 1) <= count
        }
        self._before, self._at = counts, now
        ended = {role: WayIn(None, ended=True) for role in places.sources if role not in asked}
        return ended | {name: WayIn(status, rates.get(name)) for name, status in found.items()}


def fetch_edge(url: str) -> EdgeStatus | None:
    """Ask an edge for its metrics; None while it does not answer."""
    try:
        with urlopen(url, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - of up.json
            families = list(text_string_to_metric_families(answer.read().decode()))
    except (OSError, HTTPException, ValueError):  # gone while it answers, too
        return None
    sums: dict[str, float] = {}
    for family in families:
        for sample in family.samples:
            sums[sample.name] = sums.get(sample.name, 0.0) + sample.value
    return EdgeStatus(
        sums.get(READY.name, 0.0) > 0,
        int(sums.get(EDGE_ACCEPTED.name, 0.0)),
        int(sums.get(EDGE_REFUSED.name, 0.0)),
    )


def source_alarm(status: WorkerStatus) -> str:
    """Say what keeps a source from bringing in all that there is; "" where nothing does."""
    if status.waiting_for:
        return f"waits for {status.waiting_for}"
    refused = status.source.refused if status.source else {}
    told = ", ".join(f"{reason} {count:,}" for reason, count in refused.items() if count)
    return f"left out {told}; its log says which" if told else ""


def edge_alarm(status: EdgeStatus) -> str:
    """Say that an edge takes nothing; "" where it does."""
    return "" if status.is_ready else "not ready, its /readyz says why"


def _count(status: WorkerStatus | EdgeStatus) -> int:
    if isinstance(status, EdgeStatus):
        return status.accepted
    return status.source.records if status.source else 0
