"""What panels of Ways in ask Prometheus in the same words."""

from grafana.roles import EDGE, SOURCES

CLIENTS = f'{EDGE}, route=~"/v1/.*|/topics.*"'
"""Answers to whoever sends: probes of /livez and /readyz are left out."""

OF_STREAM = f'{{{EDGE}, stream=~"$stream"}}'
OF_SOURCE = f'{{{SOURCES}, source=~"$source"}}'

LATENCY = "sum by ({by}le) (rate(headrace_edge_request_seconds_bucket{{" + CLIENTS + "}}[{over}]))"


def latency(share: float, by: str = "", over: str = "$__rate_interval") -> str:
    """Ask for a quantile; a route that nobody asks has NaN, which Grafana 9 would draw."""
    return f"histogram_quantile({share}, {LATENCY.format(by=by, over=over)}) >= 0"


def by_source(metric: str, function: str = "rate", over: str = "$__rate_interval") -> str:
    """Ask for a counter of sources, by source."""
    return f"sum by (source) ({function}({metric}{OF_SOURCE}[{over}]))"


def since(metric: str) -> str:
    """Ask how many seconds ago a moment was; a source that has had none is left out."""
    return f"time() - max by (source) ({metric}{OF_SOURCE} > 0)"


def waiting_sources(labels: str) -> str:
    """Ask how many sources wait: 0 where all of them read, nothing where there is no source."""
    return f"sum(max by (source) (headrace_source_waiting{labels} > bool 0))"
