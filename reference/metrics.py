"""The page docs/reference/metrics.md, written from the declarations."""

from collections.abc import Iterable, Iterator

from telemetry.metrics import BUSINESS, EDGE, GENERATOR, MOST_VALUES, WORKER, BusinessMetric, Metric

_HEAD = f"""# Metrics

<!-- Made by `make generate`;
tests/repository/test_metrics.py holds it current. -->

Every worker serves `/metrics` in Prometheus' text format, on `HEADRACE_METRICS_HOST` (`127.0.0.1`)
and `HEADRACE_METRICS_PORT` (`9464`; `0` switches it off), from its first moment and also with
Faust's own web pages off. The generator does so at `HEADRACE_GENERATOR_METRICS_PORT` (`9465`), or
with `headrace generate --metrics-port 9465`, and each process of an edge at
`HEADRACE_EDGE_METRICS_PORT` (`9466`, the second process at `9467`, …). Beside it stand `/livez` and
`/readyz`:
[operations.md](../guides/operations.md#health). Alerts and dashboards expect the workers in
Prometheus' job
`headrace-worker`: [grafana-deploy.md](../guides/grafana-deploy.md#once) has an example.

- **Counters belong to a process**: they begin at 0 when it starts and only go up, also over a
  rebalance. Each worker counts what it did itself, so the sum over workers counts nothing twice. A
  record that has to be read again is counted in `headrace_events_in_total` again, but in
  `headrace_rows_stored_total` only by who stored it. Exact numbers are in the database: a process
  that is killed between a COMMIT and the next scrape takes those counts along, and of two workers
  that wrote the same records at a takeover, one of them frozen meanwhile, both may count them.
- **Gauges of partitions** are there only while the process holds the partition.
- **Labels have few values.** No user, session or title is one. Labels that come from clients (CDN,
  country, currency, product) have at most {MOST_VALUES} sets of values in a metric; what comes
  later is counted as `other`. Alerts that are SQL know no such bound.
"""

_BUSINESS = """## Worker: business metrics

What windows grew by, in rows that are stored: enough for Prometheus alone to draw what flows.

| metric | labels | meaning | from |
|---|---|---|---|"""

_PROCESS = """## Every process

From prometheus_client, on Linux.

| metric | kind | meaning |
|---|---|---|
| `headrace_process_cpu_seconds_total` | counter | Seconds of CPU, in user mode and in the kernel. |
| `headrace_process_resident_memory_bytes` | gauge | Bytes of the machine's memory that it holds. |
| `headrace_process_virtual_memory_bytes` | gauge | Bytes of address space. |
| `headrace_process_start_time_seconds` | gauge | When it started, seconds since 1970. |
| `headrace_process_open_fds` | gauge | Open files and sockets. |
| `headrace_process_max_fds` | gauge | How many it may open. |
"""


def page() -> str:
    """Write the page."""
    operational = [metric for metric in WORKER if metric not in BUSINESS]
    return "\n".join(
        [
            _HEAD,
            *_section("Worker", operational),
            _BUSINESS,
            *map(_business_line, BUSINESS),
            "",
            *_section("Edge", EDGE),
            *_section("Generator", GENERATOR),
            _PROCESS,
        ]
    )


def _section(title: str, declared: Iterable[Metric]) -> Iterator[str]:
    yield f"## {title}\n"
    yield "| metric | kind | labels | meaning |"
    yield "|---|---|---|---|"
    for metric in declared:
        yield f"| `{metric.name}` | {metric.kind} | {_labels(metric)} | {metric.help} |"
    yield ""


def _business_line(metric: BusinessMetric) -> str:
    source = f"`{metric.window}.{metric.measure}`"
    return f"| `{metric.name}` | {_labels(metric)} | {metric.help} | {source} |"


def _labels(metric: Metric) -> str:
    return ", ".join(f"`{label}`" for label in metric.labels)
