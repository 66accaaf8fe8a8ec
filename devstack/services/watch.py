"""One look a second: tend the processes, show how it goes, keep up.json right."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from devstack.place.data_dir import DataDir
from devstack.place.up_file import Addresses, UpFile
from devstack.processes.child import Child
from devstack.processes.stopping import Stoppable
from devstack.processes.supervised import Exit, Supervised
from devstack.screen.screen import Screen
from devstack.screen.view import View
from devstack.services.broker_and_database import Engines
from devstack.services.browser import open_page
from devstack.services.monitoring_services import MonitoringServices
from devstack.services.worker_pool import WorkerPool
from telemetry.flow import Flow

_INTERVAL_SECONDS = 1.0
_TROUBLE_SHOWN_SECONDS = 30.0


@dataclass(slots=True)
class Watch:
    """Watches a run until something holds."""

    pool: WorkerPool
    engines: Engines
    monitoring: MonitoringServices
    data_dir: DataDir
    screen: Screen
    supervisor: Stoppable
    open_page: bool = False
    """Show the first worker's page in the browser once it is there."""
    _begun: float = field(default_factory=time.monotonic)
    _engines: list[Supervised] = field(init=False)
    _written: tuple[Stoppable, ...] = ()
    _trouble: str = ""
    _trouble_until: float = 0.0

    def __post_init__(self) -> None:
        self._engines = [Supervised(child) for child in self._beside]

    @property
    def _beside(self) -> list[Child]:
        return [*self.engines.children, *self.monitoring.children]

    def until(self, reached: Callable[[float], bool], doing: str) -> None:
        """Look once a second until `reached(seconds so far)` holds."""
        begun = time.monotonic()
        while not reached(time.monotonic() - begun):
            looked = time.monotonic()
            self._look(doing)
            time.sleep(max(0.0, looked + _INTERVAL_SECONDS - time.monotonic()))

    def _look(self, doing: str) -> None:
        flow = self.pool.tend()
        now = time.monotonic()
        engines = [news for engine in self._engines if (news := engine.tend(now))]
        self._tell(engines + self.pool.exits)
        self._keep_up_file()
        if self.open_page and flow.workers:
            self.open_page = False
            self.screen.say(open_page(f"{self.pool.web[0]}/"))
        self.screen.show(self._view(flow, doing))

    def _view(self, flow: Flow, doing: str) -> View:
        now = time.monotonic()
        return View(
            now - self._begun,
            doing,
            flow,
            self.pool.report(),
            self.pool.views(),
            self._addresses(),
            self.pool.sink_flows(),
            self._trouble if now < self._trouble_until else "",
        )

    def _tell(self, exits: list[Exit]) -> None:
        for news in exits:
            self._trouble = f"{news.how}. Its last lines:\n{news.last_lines}"
            self._trouble_until = time.monotonic() + _TROUBLE_SHOWN_SECONDS
            self.screen.say(f"{self._trouble}\n{news.name} is started again.")

    def _addresses(self) -> Addresses:
        return Addresses(
            self.engines.broker,
            self.engines.redacted_dsn,
            self.pool.web,
            self.pool.metrics,
            prometheus=self.monitoring.prometheus_url,
            grafana=self.monitoring.grafana_url,
            sinks=self.pool.sinks_at,
            sources=self.pool.sources_at,
            edge=self.pool.edge_url,
            edge_metrics=self.pool.edge_metrics,
        )

    def _keep_up_file(self) -> None:
        children = [*self.pool.children, *self._beside]
        processes = tuple(process for child in children if (process := child.stoppable))
        if processes != self._written:
            self._written = processes
            UpFile(self._addresses(), self.supervisor, list(processes)).write(self.data_dir.up_file)
