"""The ports of a run: each part has the one that it had the last time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

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
    edge: int
    edge_metrics: int
    sinks: Mapping[str, tuple[int, int]]
    """Of the workers of further sinks, by their roles: the web pages' and the metrics' port."""
    sources: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """The same of the sources' processes."""

    @classmethod
    def of(
        cls, data_dir: DataDir, workers: int, sinks: Iterable[str] = (), sources: Iterable[str] = ()
    ) -> Ports:
        names = [f"worker-{number}" for number in range(1, workers + 1)]
        metrics = [f"{name}-metrics" for name in names]
        others = ("generator-metrics", "prometheus", "grafana", "edge", "edge-metrics")
        of_sinks = {role: (f"sink-{role}", f"sink-{role}-metrics") for role in sinks}
        of_sources = {role: (role, f"{role}-metrics") for role in sources}
        pairs = (*of_sinks.values(), *of_sources.values())
        all_names = (*names, *metrics, *others, *(one for two in pairs for one in two))
        kept = kept_ports(data_dir.folder / "ports.json", all_names)
        return cls(
            [kept[name] for name in names],
            [kept[name] for name in metrics],
            generator_metrics=kept["generator-metrics"],
            prometheus=kept["prometheus"],
            grafana=kept["grafana"],
            edge=kept["edge"],
            edge_metrics=kept["edge-metrics"],
            sinks={role: (kept[web], kept[other]) for role, (web, other) in of_sinks.items()},
            sources={role: (kept[web], kept[other]) for role, (web, other) in of_sources.items()},
        )

    @property
    def sink_metrics(self) -> list[str]:
        """Where /metrics of further sinks' workers are."""
        return [f"127.0.0.1:{metrics}" for _, metrics in self.sinks.values()]

    @property
    def source_metrics(self) -> list[str]:
        """Where /metrics of the sources' processes are."""
        return [f"127.0.0.1:{metrics}" for _, metrics in self.sources.values()]

    @property
    def metrics(self) -> list[str]:
        """Where /metrics are, of the workers and, last, of the generator."""
        return [f"127.0.0.1:{port}" for port in (*self.worker_metrics, self.generator_metrics)]
