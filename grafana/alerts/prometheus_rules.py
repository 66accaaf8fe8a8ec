"""The alerts as rules for Prometheus: its file format, as data."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import attrgetter
from typing import Any

from grafana.alerts.alert import VALUE, Alert, Shown, duration

_SHOWN: Mapping[Shown, str] = {
    "percentage": "{{ $value | humanizePercentage }}",
    "number": "{{ $value }}",
    "duration": "{{ $value | humanizeDuration }}",
}


def rules(alerts: Iterable[Alert], docs: str = "") -> dict[str, Any]:
    """Group them by how often they are looked at."""
    by_pace = sorted(alerts, key=attrgetter("every_seconds"))
    return {
        "groups": [
            {
                "name": f"headrace-{duration(every)}",
                "interval": duration(every),
                "rules": [_rule(alert, docs) for alert in group],
            }
            for every, group in groupby(by_pace, attrgetter("every_seconds"))
        ]
    }


def expression(alert: Alert) -> str:
    """Give the PromQL that has a result where the alert is due."""
    return f"({alert.promql}) > {alert.above}"


def _rule(alert: Alert, docs: str) -> dict[str, Any]:
    return {
        "alert": alert.name,
        "expr": expression(alert),
        "for": duration(alert.wait_seconds),
        "labels": {"severity": alert.severity},
        "annotations": {
            "title": alert.title,
            "summary": alert.summary,
            "description": alert.description.replace(VALUE, _SHOWN[alert.shown]),
            **alert.help_at(docs),
        },
    }
