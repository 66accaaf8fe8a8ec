"""One look a second: tend the processes, show how it goes, keep up.json right."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from app.processes.child import Child
from app.processes.stopping import Stoppable
from app.processes.supervised import Exit, Supervised
from app.up.crew import Crew
from app.up.engines import Engines
from app.up.flow import Flow
from app.up.home import Home
from app.up.screen import Screen
from app.up.up_file import Addresses, UpFile
from app.up.view import View
from app.up.viewers import Viewers

_INTERVAL_SECONDS = 1.0
_TROUBLE_SHOWN_SECONDS = 30.0


@dataclass(slots=True)
class Watch:
    """Watches a run until something holds."""

    crew: Crew
    engines: Engines
    viewers: Viewers
    home: Home
    screen: Screen
    supervisor: Stoppable
    _begun: float = field(default_factory=time.monotonic)
    _engines: list[Supervised] = field(init=False)
    _written: tuple[Stoppable, ...] = ()
    _trouble: str = ""
    _trouble_until: float = 0.0

    def __post_init__(self) -> None:
        self._engines = [Supervised(child) for child in self._beside]

    @property
    def _beside(self) -> list[Child]:
        return [*self.engines.children, *self.viewers.children]

    def until(self, reached: Callable[[float], bool], doing: str) -> None:
        """Look once a second until `reached(seconds so far)` holds."""
        begun = time.monotonic()
        while not reached(time.monotonic() - begun):
            looked = time.monotonic()
            self._look(doing)
            time.sleep(max(0.0, looked + _INTERVAL_SECONDS - time.monotonic()))

    def _look(self, doing: str) -> None:
        flow = self.crew.tend()
        now = time.monotonic()
        engines = [news for engine in self._engines if (news := engine.tend(now))]
        self._tell(engines + self.crew.exits)
        self._keep_up_file()
        self.screen.show(self._view(flow, doing))

    def _view(self, flow: Flow, doing: str) -> View:
        now = time.monotonic()
        return View(
            now - self._begun,
            doing,
            flow,
            self.crew.report(),
            self.crew.views(),
            self._addresses(),
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
            self.engines.database_for_eyes,
            self.crew.web,
            self.crew.metrics,
            prometheus=self.viewers.prometheus_url,
            grafana=self.viewers.grafana_url,
        )

    def _keep_up_file(self) -> None:
        children = [*self.crew.children, *self._beside]
        processes = tuple(process for child in children if (process := child.stoppable))
        if processes != self._written:
            self._written = processes
            UpFile(self._addresses(), self.supervisor, list(processes)).write(self.home.up_file)
