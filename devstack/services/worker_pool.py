"""The processes of a run after the engines: workers, edge and generator, kept alive and watched."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from config.extras import EDGE_PACKAGES, is_installed
from devstack.measure.sinks import SinkMeters
from devstack.measure.ways_in import EdgeStatus, fetch_edge
from devstack.measure.worker_status import fetch_all
from devstack.place.data_dir import DataDir
from devstack.place.options import Options
from devstack.place.ports import Ports
from devstack.place.up_file import RoleAddresses
from devstack.processes.child import Child
from devstack.processes.supervised import Exit, Supervised
from devstack.processes.watchdog import Watchdog
from devstack.screen.view import ProcessView
from devstack.services.commands import edge, generator, sink_worker, source, worker
from devstack.services.process_views import edge_view, process_view, worker_view
from generator.report import Report
from telemetry.flow import Flow, Meter
from telemetry.worker_status import WorkerStatus


@dataclass(slots=True)
class WorkerPool:
    """Workers in order of their numbers, those of sinks, sources, an edge and the generator."""

    workers: list[Supervised]
    web: list[str]
    metrics: list[str]
    sinks: list[Supervised]
    sinks_at: dict[str, RoleAddresses]
    """By their roles, in the order of `sinks`."""
    sources: list[Supervised]
    begun_at: dict[str, RoleAddresses]
    """Where sources were when they began."""
    edge: Supervised | None
    edge_url: str | None
    edge_metrics: str | None
    generator: Supervised
    report_file: Path
    generating: bool = False
    exits: list[Exit] = field(default_factory=list)
    _meter: Meter = field(default_factory=Meter)
    _statuses: list[WorkerStatus | None] = field(default_factory=list)
    _edge_status: EdgeStatus | None = None
    _role_meters: SinkMeters = field(default_factory=SinkMeters)
    _role_flows: Mapping[str, Flow] = field(default_factory=dict)

    @classmethod
    def for_run(
        cls,
        options: Options,
        ports: Ports,
        data_dir: DataDir,
        environment: Mapping[str, str],
        watchdog: Watchdog,
    ) -> WorkerPool:
        pages = ",".join(f"{role}=http://127.0.0.1:{web}" for role, (web, _) in ports.sinks.items())
        shown = {**environment, **({"HEADRACE_SINK_PAGES": pages} if pages else {})}
        workers = [
            Supervised(worker(number, ports, data_dir, shown, watchdog))
            for number in range(1, options.workers + 1)
        ]
        data_dir.report.unlink(missing_ok=True)
        has_edge = is_installed(*EDGE_PACKAGES)
        return cls(
            workers,
            [f"http://127.0.0.1:{port}" for port in ports.web],
            [f"http://{place}/metrics" for place in ports.metrics],
            [
                Supervised(sink_worker(role, ports, data_dir, environment, watchdog))
                for role in ports.sinks
            ],
            _addresses(ports.sinks),
            [
                Supervised(source(role, ports, data_dir, environment, watchdog), may_end=True)
                for role in ports.sources
            ],
            _addresses(ports.sources),
            Supervised(edge(ports, data_dir, environment, watchdog)) if has_edge else None,
            f"http://127.0.0.1:{ports.edge}" if has_edge else None,
            f"http://127.0.0.1:{ports.edge_metrics}/metrics" if has_edge else None,
            Supervised(generator(options, ports, data_dir, environment, watchdog)),
            data_dir.report,
        )

    @property
    def children(self) -> list[Child]:
        return [self.generator.child, *(one.child for one in self._tended)]

    @property
    def _of_roles(self) -> list[Supervised]:
        return [*self.workers, *self.sinks, *self.sources]

    @property
    def _tended(self) -> list[Supervised]:
        return [*self._of_roles, *([self.edge] if self.edge else [])]

    @property
    def sources_at(self) -> dict[str, RoleAddresses]:
        """Give where sources are by their roles, in the order of `sources`, and who has ended."""
        return {
            role: msgspec.structs.replace(at, ended=source.has_read_all)
            for (role, at), source in zip(self.begun_at.items(), self.sources, strict=True)
        }

    def start_workers(self) -> None:
        for supervised in self._tended:
            supervised.start(time.monotonic())

    def start_generator(self) -> None:
        self.generating = True
        self.generator.start(time.monotonic())

    def stop_generator(self) -> bool:
        """Stop it after what it has sent is acknowledged; say whether it could do so."""
        self.generating = False
        return self.generator.child.stop() and self.generator.child.returncode == 0

    def tend(self) -> Flow:
        """Restart who ended, with the news of it in `exits`; return what flows now."""
        now = time.monotonic()
        tended = self._tended
        if self.generating:
            tended.append(self.generator)
        self.exits = [news for supervised in tended if (news := supervised.tend(now))]
        self._statuses = fetch_all(self.web)
        answering = {role: at for role, at in self.sources_at.items() if not at.ended}
        self._role_flows = self._role_meters.measure({**self.sinks_at, **answering})
        self._edge_status = fetch_edge(self.edge_metrics) if self.edge_metrics else None
        return self._meter.measure(self._statuses, time.monotonic())

    def sink_flows(self) -> Mapping[str, Flow]:
        """Give what flows through each further sink, by its role."""
        return {role: flow for role, flow in self._role_flows.items() if role in self.sinks_at}

    def _status(self, role: str) -> WorkerStatus | None:
        workers = self._role_flows[role].workers if role in self._role_flows else ()
        return workers[0] if workers else None

    def report(self) -> Report | None:
        """Return what the generator says that it has produced; None before it says anything."""
        if not self.report_file.exists():
            return None
        return msgspec.json.decode(self.report_file.read_bytes(), type=Report)

    def is_live(self) -> bool:
        """Say whether the generator has begun with the run itself: the past, if any, is filled."""
        report = self.report()
        return report is not None and report.live

    def views(self) -> tuple[ProcessView, ...]:
        statuses = [
            *(self._statuses or [None] * len(self.workers)),
            *(self._status(role) for role in (*self.sinks_at, *self.sources_at)),
        ]
        workers = (
            worker_view(supervised, status)
            for supervised, status in zip(self._of_roles, statuses, strict=True)
        )
        edges = [edge_view(self.edge, self._edge_status)] if self.edge else []
        return (*workers, process_view(self.generator), *edges)


def _addresses(ports: Mapping[str, tuple[int, int]]) -> dict[str, RoleAddresses]:
    return {
        role: RoleAddresses(f"http://127.0.0.1:{web}", f"http://127.0.0.1:{metrics}/metrics")
        for role, (web, metrics) in ports.items()
    }
