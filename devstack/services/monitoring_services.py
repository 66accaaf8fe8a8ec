"""Prometheus and Grafana of a run, where the machine has them: a run goes on without."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from config.extras import EDGE_PACKAGES, is_installed
from config.settings import Settings
from db.dsn import hosts
from devstack.engines.grafana import Grafana
from devstack.engines.prometheus import Prometheus
from devstack.place.data_dir import DataDir
from devstack.place.ports import Ports
from devstack.processes.child import Child
from devstack.processes.watchdog import Watchdog

Service = TypeVar("Service", Prometheus, Grafana)

_SSLMODES = ("disable", "require", "verify-ca", "verify-full")
"""Those that Grafana's data source knows. It has no "allow" or "prefer", which send in the
clear if need be: for them, as without any, encryption is asked for. `disable` has to be said."""


@dataclass(frozen=True, slots=True)
class MonitoringServices:
    """None for what is not on PATH. A Grafana that the settings name runs elsewhere."""

    prometheus: Prometheus | None
    grafana: Grafana | None
    grafana_elsewhere: str

    @classmethod
    def for_run(
        cls, settings: Settings, database: str, data_dir: DataDir, ports: Ports, watchdog: Watchdog
    ) -> MonitoringServices:
        prometheus = None
        if program := Prometheus.found():
            *workers, generator = ports.metrics
            jobs = {"headrace-worker": workers, "headrace-generator": [generator]}
            if ports.sinks:
                jobs["headrace-sink"] = ports.sink_metrics
            if ports.sources:
                jobs["headrace-source"] = ports.source_metrics
            if is_installed(*EDGE_PACKAGES):
                jobs["headrace-edge"] = [f"127.0.0.1:{ports.edge_metrics}"]
            prometheus = Prometheus(
                program, data_dir.folder / "prometheus", ports.prometheus, jobs, watchdog
            )
        grafana = None
        if not settings.grafana_url and (program := Grafana.found()):
            ours = "database" not in settings.model_fields_set
            sources = _postgres(database, ours=ours)
            if prometheus:
                sources["HEADRACE_PROMETHEUS_URL"] = prometheus.url
            grafana = Grafana(
                program, data_dir.folder / "grafana", ports.grafana, sources, watchdog
            )
        return cls(prometheus, grafana, settings.grafana_url)

    @property
    def prometheus_url(self) -> str | None:
        return self.prometheus.url if self.prometheus else None

    @property
    def grafana_url(self) -> str | None:
        return self.grafana.url if self.grafana else self.grafana_elsewhere or None

    def environment(self) -> dict[str, str]:
        """Tell workers where Grafana is: their pages link to it."""
        return {"HEADRACE_GRAFANA_URL": self.grafana_url} if self.grafana_url else {}

    @property
    def children(self) -> list[Child]:
        return [viewer.child for viewer in (self.prometheus, self.grafana) if viewer]

    def start(self, say: Callable[[str], None]) -> MonitoringServices:
        """Start them, and wait for neither; return those that could be started."""
        return replace(
            self,
            prometheus=_started(self.prometheus, say),
            grafana=_started(self.grafana, say),
        )


def _started(viewer: Service | None, say: Callable[[str], None]) -> Service | None:
    if viewer is None:
        return None
    try:
        viewer.configure()
        viewer.child.start()
    except OSError as error:  # a program of another kind of machine, for example
        say(f"{viewer.child.name} cannot be started, the run goes on without it: {error}")
        return None
    return viewer


def _postgres(dsn: str, *, ours: bool) -> dict[str, str]:
    """Say where the database is in the words of grafana/provisioning; who asks is its reader."""
    place = urlsplit(dsn)
    # of several servers the first: Grafana's data source takes one, and reads on a standby too.
    # A socket, or none, Grafana cannot be told of.
    servers = [server for server in hosts(dsn) if not server.name.startswith("/")]
    name, port = servers[0] if servers else ("127.0.0.1", 5432)
    host = f"[{name}]" if ":" in name else name
    asked = parse_qs(place.query).get("sslmode", ["require"])[-1]
    encrypted = asked if asked in _SSLMODES else "require"
    return {
        "HEADRACE_POSTGRES_URL": f"{host}:{port}",
        "HEADRACE_POSTGRES_DATABASE": unquote(place.path[1:]),
        "HEADRACE_POSTGRES_SSLMODE": "disable" if ours else encrypted,
    }
