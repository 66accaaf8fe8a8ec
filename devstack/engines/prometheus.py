"""Prometheus, where the machine has one: `apt install prometheus`, `brew install prometheus`."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from devstack.processes.child import Child
from devstack.processes.stopping import StopOrder
from devstack.processes.watchdog import Watchdog
from grafana.paths import RULES

_EVERY = "5s"
_KEPT = "60d"


class Prometheus:
    """A server whose data lies in a folder. `targets` are host:port by the name of their job."""

    def __init__(
        self,
        program: str,
        folder: Path,
        port: int,
        targets: Mapping[str, Sequence[str]],
        watchdog: Watchdog | None = None,
    ) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._config = folder / "prometheus.yml"
        self._targets = targets
        self.child = Child(
            "Prometheus",
            (
                program,
                f"--config.file={self._config}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--storage.tsdb.retention.time={_KEPT}",
                f"--web.listen-address=127.0.0.1:{port}",
            ),
            folder / "prometheus.log",
            pid_file=folder / "prometheus.pid",
            order=StopOrder.VIEWER,
            watchdog=watchdog,
        )

    @staticmethod
    def found() -> str | None:
        """Give the program, None where the machine has none."""
        return shutil.which("prometheus")

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
