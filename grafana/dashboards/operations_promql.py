"""What panels of Operations ask Prometheus in the same words."""

from grafana.queries import Promql
from grafana.roles import CORE

OF_CORE = f"{{{CORE}}}"
CHOSEN = f'{{{CORE}, stream=~"$stream", instance=~"$instance"}}'
LAG = f"sum by (stream) (headrace_lag_records{CHOSEN})"
STORED = f"sum by (stream) (rate(headrace_rows_stored_total{CHOSEN}[$__rate_interval]))"
NO_ERRORS = "No errors in this range"

_QUANTILE = (
    "histogram_quantile({quantile}, sum by ({by}, le) "
    '(rate({metric}_bucket{{role="core", stream=~"$stream"}}[$__rate_interval]))) >= 0'
)
"""An idle stream has NaN, which Grafana 9 would draw."""


def quantile(quantile: float, metric: str, by: str, legend: str) -> Promql:
    """Ask for a quantile of a histogram of the chosen streams."""
    return Promql(_QUANTILE.format(quantile=quantile, by=by, metric=metric), legend)
