"""Grafana, where the machine has one. It is in no package registry: see grafana.com."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from devstack.engines.monitoring_program import MonitoringProgram
from devstack.processes.watchdog import Watchdog
from grafana.alerts.notifications import DEFAULTS
from grafana.paths import DASHBOARDS, PROVISIONING

_NOBODY = "http://127.0.0.1:9"
"""For what is not there: Grafana does not start with an address that is empty."""


_SECRETS = ("HEADRACE_DATABASE", "PGPASSWORD")
"""Of the environment, and no business of Grafana's: it asks as headrace_reader."""


class Grafana(MonitoringProgram):
    """A server that is provisioned; anybody on this machine may look."""

    programs = ("grafana", "grafana-server")

    def __init__(
        self,
        program: str,
        folder: Path,
        port: int,
        sources: Mapping[str, str],
        watchdog: Watchdog | None = None,
    ) -> None:
        """Take `sources`, the environment that grafana/provisioning names."""
        super().__init__(_command(Path(program)), folder, port, watchdog)
        self._sources = sources

    def configure(self) -> None:
        """Decide on its environment, and on a password for its administrator."""
        self.child.environment = {
            "GF_SERVER_HTTP_ADDR": "127.0.0.1",
            "GF_SERVER_HTTP_PORT": str(self.port),
            "GF_PATHS_DATA": str(self.folder / "data"),
            "GF_PATHS_LOGS": str(self.folder / "logs"),
            "GF_PATHS_PLUGINS": str(self.folder / "plugins"),
            "GF_PATHS_PROVISIONING": str(PROVISIONING),
            "GF_SECURITY_ADMIN_PASSWORD": self._admin_password(),
            "GF_AUTH_ANONYMOUS_ENABLED": "true",
            "GF_AUTH_ANONYMOUS_ORG_ROLE": "Viewer",
            "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH": str(DASHBOARDS / "overview.json"),
            "GF_NEWS_NEWS_FEED_ENABLED": "false",
            "GF_ANALYTICS_REPORTING_ENABLED": "false",
            "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
            "HEADRACE_GRAFANA_DASHBOARDS": str(DASHBOARDS),
            **{name: os.environ.get(name) or nobody for name, nobody in DEFAULTS.items()},
            **dict.fromkeys(_SECRETS, ""),
            "HEADRACE_PROMETHEUS_URL": _NOBODY,
            **self._sources,
        }

    def _admin_password(self) -> str:
        """Give the password of user `admin`, which the first start decides."""
        file = self.folder / "admin-password"
        if not file.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            # whole or not at all, even if this process is killed here
            new = file.with_suffix(".new")
            new.touch(mode=0o600)
            new.write_text(secrets.token_urlsafe(16), encoding="ascii")
            new.replace(file)
        return file.read_text(encoding="ascii")


def _command(program: Path) -> list[str]:
    """Give the command; packages put what Grafana reads of its own beside the program or apart."""
    words = [str(program), "server"] if program.name == "grafana" else [str(program)]
    real = program.resolve()
    for home in (
        real.parents[1],
        real.parents[1] / "share" / "grafana",
        Path("/usr/share/grafana"),
    ):
        if (home / "conf" / "defaults.ini").is_file():
            return [*words, "--homepath", str(home)]
    return words
