"""Prometheus and Grafana of a run, where the machine has them: a run goes on without."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from app.engines.grafana import Grafana
from app.engines.prometheus import Prometheus
from app.processes.child import Child
from app.processes.watchdog import Watchdog
from app.settings import Settings
from app.up.home import Home
from app.up.ports import Ports


@dataclass(frozen=True, slots=True)
class Viewers:
    """None for what is not on PATH. A Grafana that the settings name runs elsewhere."""

    prometheus: Prometheus | None
    grafana: Grafana | None
    grafana_elsewhere: str

    @classmethod
    def for_run(
        cls, settings: Settings, database: str, home: Home, ports: Ports, watchdog: Watchdog
    ) -> Viewers:
        prometheus = None
        if program := Prometheus.found():
            *workers, generator = ports.metrics
            jobs = {"headrace-worker": workers, "headrace-generator": [generator]}
            prometheus = Prometheus(
                program, home.folder / "prometheus", ports.prometheus, jobs, watchdog
            )
        grafana = None
        if not settings.grafana_url and (program := Grafana.found()):
            sources = _postgres(database)
            if prometheus:
                sources["HEADRACE_PROMETHEUS_URL"] = prometheus.url
            grafana = Grafana(program, home.folder / "grafana", ports.grafana, sources, watchdog)
        return cls(prometheus, grafana, settings.grafana_url)

    @property
    def prometheus_url(self) -> str | None:
        return self.prometheus.url if self.prometheus else None

    @property
    def grafana_url(self) -> str | None:
        return self.grafana.url if self.grafana else self.grafana_elsewhere or None

    @property
    def children(self) -> list[Child]:
        return [viewer.child for viewer in (self.prometheus, self.grafana) if viewer]

    def start(self) -> None:
        """Start them, and wait for neither."""
        for viewer in (self.prometheus, self.grafana):
            if viewer:
                viewer.configure()
                viewer.child.start()


def _postgres(dsn: str) -> dict[str, str]:
    """Say where the database is in the words of grafana/provisioning."""
    place = urlsplit(dsn)
    return {
        "HEADRACE_POSTGRES_URL": f"{place.hostname}:{place.port or 5432}",
        "HEADRACE_POSTGRES_DATABASE": unquote(place.path[1:]),
        "HEADRACE_POSTGRES_SSLMODE": "prefer",
    }
