"""The alerts as rules for Grafana: its provisioning format, as data.

Each is a query (A), its last number (B) and the condition on it (C), as `reduce` and `math`, which
every Grafana since 9 knows. Where the query has no rows, nothing is wrong: `noDataState` is OK. The
SQL gives a row for all there is, good or bad. Where the data source does not answer, one rule of
each source says so, and the others are still.
"""

from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

from db.queries import load
from grafana import uids
from grafana.alerts.alert import VALUE, Alert, Panel, Shown, duration

_EXPRESSIONS = "__expr__"
_SECONDS_LOOKED_AT = 600
_SHOWN: Mapping[Shown, str] = {
    "percentage": "{{ with $values.B }}{{ humanizePercentage .Value }}{{ end }}",
    "number": "{{ with $values.B }}{{ .Value }}{{ end }}",
    "duration": "{{ with $values.B }}{{ humanizeDuration .Value }}{{ end }}",
}
"""With `with`: a query without rows has no B, and a template that fails is logged every minute."""

PanelIds = Mapping[Panel, int]
"""The number of each panel in its dashboard."""


def groups(alerts: Iterable[Alert], panels: PanelIds, docs: str = "") -> list[dict[str, Any]]:
    """Group them by how often they are looked at; Grafana wants multiples of ten seconds."""
    by_pace = sorted(alerts, key=attrgetter("every_seconds"))
    return [
        {
            "orgId": 1,
            "name": f"headrace-{duration(every)}",
            "folder": uids.RULES_FOLDER_TITLE,
            "interval": duration(every),
            "rules": [_rule(alert, panels[alert.panel], docs) for alert in group],
        }
        for every, group in groupby(by_pace, attrgetter("every_seconds"))
    ]


def sql(alert: Alert) -> str:
    """Give the statement that Grafana asks the database."""
    return load(Path(__file__).with_name("alerts.sql"))[alert.sql]


def _rule(alert: Alert, panel_id: int, docs: str) -> dict[str, Any]:
    return {
        "uid": alert.uid,
        "title": alert.title,
        "condition": "C",
        "data": [
            _question(alert),
            _expression("B", type="reduce", expression="A", reducer="last"),
            _expression("C", type="math", expression=f"$B > {alert.above}"),
        ],
        "noDataState": "OK",
        "execErrState": "Alerting" if alert.speaks_for_source else "OK",
        "for": duration(alert.wait_seconds),
        "dashboardUid": alert.panel.dashboard,
        "panelId": panel_id,
        "annotations": {
            "summary": alert.summary,
            "description": alert.description.replace(VALUE, _SHOWN[alert.shown]),
            **alert.help_at(docs),
            "__dashboardUid__": alert.panel.dashboard,
            "__panelId__": str(panel_id),
        },
        "labels": {"severity": alert.severity},
        "isPaused": False,
    }


def _question(alert: Alert) -> dict[str, Any]:
    if alert.sql:
        model = {
            "datasource": {"type": "postgres", "uid": uids.POSTGRES},
            "editorMode": "code",
            "format": "time_series",
            "rawQuery": True,
            "rawSql": sql(alert),
        }
        return _data("A", uids.POSTGRES, model, _SECONDS_LOOKED_AT)
    model = {
        "datasource": {"type": "prometheus", "uid": uids.PROMETHEUS},
        "editorMode": "code",
        "expr": alert.promql,
        "instant": True,
        "range": False,
    }
    return _data("A", uids.PROMETHEUS, model, _SECONDS_LOOKED_AT)


def _expression(ref_id: str, **model: str) -> dict[str, Any]:
    datasource = {"datasource": {"type": _EXPRESSIONS, "uid": _EXPRESSIONS}}
    return _data(ref_id, _EXPRESSIONS, {**datasource, **model}, 0)


def _data(ref_id: str, datasource: str, model: Mapping[str, Any], seconds: int) -> dict[str, Any]:
    return {
        "refId": ref_id,
        "relativeTimeRange": {"from": seconds, "to": 0},
        "datasourceUid": datasource,
        "model": {**model, "intervalMs": 1000, "maxDataPoints": 43200, "refId": ref_id},
    }
