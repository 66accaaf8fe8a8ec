"""What panels of Sinks ask Prometheus in the same words."""

from grafana.roles import SINKS

OF_ANY = f"{{{SINKS}}}"
OF_CHOSEN = f'{{{SINKS}, role=~"$role", stream=~"$stream"}}'
REJECTED = (
    f'headrace_dead_letters_total{{{SINKS}, role=~"$role", stream=~"$stream", '
    'reason="rejected_by_sink"}'
)
OF_PROCESSES = f'{{{SINKS}, role=~"$role"}}'
"""For what tells no stream."""


def by_role(expression: str) -> str:
    """Add up by sink; `{chosen}` in the expression stands for the chosen sinks and streams."""
    return f"sum by (role) ({expression.replace('{chosen}', OF_CHOSEN)})"


def freshness(by: str, over: str = "$__rate_interval") -> str:
    return _buckets("headrace_freshness_seconds", by, over)


def quantile(share: float, metric: str, by: str = "role") -> str:
    """Ask for a quantile of a histogram; an idle sink has NaN, which Grafana 9 would draw."""
    return f"histogram_quantile({share}, {_buckets(metric, by, '$__rate_interval')}) >= 0"


def _buckets(metric: str, by: str, over: str) -> str:
    return f"sum by ({by}, le) (rate({metric}_bucket{OF_CHOSEN}[{over}]))"
