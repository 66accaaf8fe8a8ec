"""The ports of a run: each part has the one that it had the last time."""

from __future__ import annotations

from dataclasses import dataclass

from devstack.place.data_dir import DataDir
from devstack.place.free_ports import kept_ports


@dataclass(frozen=True, slots=True)
class Ports:
    """All on 127.0.0.1; workers' in order of their numbers."""

    web: list[int]
    worker_metrics: list[int]
    generator_metrics: int
    prometheus: int
    grafana: int

    @classmethod
    def of(cls, data_dir: DataDir, workers: int) -> Ports:
        names = [f"worker-{number}" for number in range(1, workers + 1)]
        metrics = [f"{name}-metrics" for name in names]
        others = ("generator-metrics", "prometheus", "grafana")
        kept = kept_ports(data_dir.folder / "ports.json", (*names, *metrics, *others))
        return cls(
            [kept[name] for name in names],
            [kept[name] for name in metrics],
            *(kept[name] for name in others),
        )

    @property
    def metrics(self) -> list[str]:
        """Where /metrics are, of the workers and, last, of the generator."""
        return [f"127.0.0.1:{port}" for port in (*self.worker_metrics, self.generator_metrics)]
