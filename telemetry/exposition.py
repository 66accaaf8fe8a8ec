"""The page /metrics: what the parts of a process read off themselves, as Prometheus takes it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from telemetry.buckets import Buckets
from telemetry.metrics import Metric

Sample = tuple[Metric, tuple[str, ...], float | Buckets]
"""A metric, a value for each of its labels, and how it stands now; a histogram has `Buckets`."""

Source = Callable[[], Iterable[Sample]]


class Exposition:
    """The metrics of one process: `declared`, and what the system knows of the process.

    Every series has the label `role`. Each role reads the same records for itself, so a sum over
    roles counts them once for each sink; the label is the process's own, since whoever scrapes it
    could forget to set one.
    """

    def __init__(self, declared: Sequence[Metric], sources: Sequence[Source], role: str) -> None:
        self._registry = CollectorRegistry()
        of_process = ProcessCollector(namespace="headrace", registry=None)
        for collector in (_Declared(declared, sources), of_process):
            self._registry.register(_Labelled(collector, {"role": role}))

    def text(self) -> bytes:
        """Give the page, in Prometheus' text format 0.0.4."""
        return generate_latest(self._registry)


class _Labelled(Collector):
    """What another collects, with the same labels on all of it."""

    def __init__(self, collector: Collector, labels: Mapping[str, str]) -> None:
        self._collector = collector
        self._labels = labels

    def describe(self) -> Iterable[Family]:
        return ()  # or registering would read everything, before there is anything

    def collect(self) -> Iterator[Family]:
        for family in self._collector.collect():
            family.samples = [
                sample._replace(labels={**sample.labels, **self._labels})
                for sample in family.samples
            ]
            yield family


class _Declared(Collector):
    def __init__(self, declared: Sequence[Metric], sources: Sequence[Source]) -> None:
        self._declared = declared
        self._sources = sources

    def collect(self) -> Iterator[Family]:
        families = {metric: _family(metric) for metric in self._declared}
        for source in self._sources:
            for metric, labels, value in source():
                _add(families[metric], labels, value)
        yield from families.values()


def _family(metric: Metric) -> Family:
    kinds: dict[str, Callable[..., Family]] = {
        "counter": CounterMetricFamily,
        "gauge": GaugeMetricFamily,
        "histogram": HistogramMetricFamily,
    }
    return kinds[metric.kind](metric.name, metric.help, labels=metric.labels)


def _add(family: Family, labels: Sequence[str], value: float | Buckets) -> None:
    if isinstance(family, HistogramMetricFamily):
        assert isinstance(value, Buckets)  # noqa: S101 - who reads a histogram gives its buckets
        bounds = [*(str(bound) for bound in value.bounds), "+Inf"]
        counts = accumulate(value.counts)
        family.add_metric(labels, list(zip(bounds, counts, strict=True)), sum_value=value.total)
    elif isinstance(family, CounterMetricFamily | GaugeMetricFamily):
        assert not isinstance(value, Buckets)  # noqa: S101 - only histograms have them
        family.add_metric(labels, value)
