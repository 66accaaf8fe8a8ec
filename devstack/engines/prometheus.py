"""Prometheus, where the machine has one: `apt install prometheus`, `brew install prometheus`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from devstack.engines.monitoring_program import MonitoringProgram
from devstack.processes.watchdog import Watchdog
from grafana.paths import RULES

_EVERY = "5s"
_KEPT = "60d"


class Prometheus(MonitoringProgram):
    """A server that scrapes. `targets` are host:port by the name of their job."""

    programs = ("prometheus",)

    def __init__(
        self,
        program: str,
        folder: Path,
        port: int,
        targets: Mapping[str, Sequence[str]],
        watchdog: Watchdog | None = None,
    ) -> None:
        self._config = folder / "prometheus.yml"
        self._targets = targets
        command = (
            program,
            f"--config.file={self._config}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--storage.tsdb.retention.time={_KEPT}",
            f"--web.listen-address=127.0.0.1:{port}",
        )
        super().__init__(command, folder, port, watchdog)

    def configure(self) -> None:
        """Write what it is to scrape and which alerts it is to evaluate."""
        self._config.parent.mkdir(parents=True, exist_ok=True)
        config = {
            "global": {"scrape_interval": _EVERY, "evaluation_interval": _EVERY},
            "rule_files": [str(RULES)],
            "scrape_configs": [
                {"job_name": job, "static_configs": [{"targets": list(targets)}]}
                for job, targets in self._targets.items()
            ],
        }
        self._config.write_bytes(msgspec.json.format(msgspec.json.encode(config)))  # YAML too
