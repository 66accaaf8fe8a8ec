"""What a run shows, gathered: the same for a terminal and for a log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from devstack.place.up_file import Addresses
from generator.report import Report
from telemetry.flow import Flow


@dataclass(frozen=True, slots=True)
class ProcessView:
    """One process, as a line of a table."""

    name: str
    state: str
    pid: int | None = None
    memory_bytes: int | None = None
    restarts: int = 0
    alarm: str = ""
    """What keeps a source or the edge from bringing in all that there is."""


@dataclass(frozen=True, slots=True)
class View:
    """A run at one moment."""

    elapsed_seconds: float
    doing: str
    flow: Flow
    report: Report | None
    processes: tuple[ProcessView, ...]
    addresses: Addresses
    sinks: Mapping[str, Flow] = field(default_factory=dict)
    """What flows through each further sink, by its role."""
    trouble: str = ""


def metrics_of(addresses: Addresses) -> list[tuple[str, str]]:
    """Give whose each of the metrics' addresses is: of processes that have one."""
    owners = [f"worker-{number}" for number in range(1, len(addresses.web) + 1)]
    return [
        *zip([*owners, "generator"], addresses.metrics, strict=False),
        *((f"sink-{role}", sink.metrics) for role, sink in addresses.sinks.items()),
        *((role, source.metrics) for role, source in addresses.sources.items() if not source.ended),
        *(("edge", url) for url in [addresses.edge_metrics] if url),
    ]
