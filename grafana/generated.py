"""Which files are made from code, and what must stand in them."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard, RowPanel
from grafana_foundation_sdk.models.dashboard import Panel as Panels

from grafana.alerts.alert import Panel
from grafana.alerts.files import files as alert_files
from grafana.clickhouse import board as on_clickhouse
from grafana.dashboards import (
    content_steering,
    markets,
    media,
    operations,
    overview,
    purchases,
    quality,
    sinks,
    user_activity,
    ways_in,
)

HERE = Path(__file__).parent

DASHBOARDS: dict[str, Callable[[], Dashboard]] = {
    "overview": overview.dashboard,
    "content_steering": content_steering.dashboard,
    "quality": quality.dashboard,
    "operations": operations.dashboard,
    "sinks": sinks.dashboard,
    "ways_in": ways_in.dashboard,
    "media": media.dashboard,
    "user_activity": user_activity.dashboard,
    "purchases": purchases.dashboard,
    "markets": markets.dashboard,
}


def generated(docs: str = "") -> dict[Path, str]:
    """Give every generated file with its text; `docs` is the address that runbooks are found at."""
    dashboards = {name: build() for name, build in DASHBOARDS.items()}
    texts = {f"dashboards/{name}.json": dashboard_json(it) for name, it in dashboards.items()}
    texts["clickhouse/dashboards/on_clickhouse.json"] = dashboard_json(on_clickhouse.dashboard())
    texts |= alert_files(panel_ids(dashboards.values()), docs)
    return {HERE / path: text for path, text in texts.items()}


def panel_ids(dashboards: Iterable[Dashboard]) -> dict[Panel, int]:
    """Give the number of each panel, for links to it. Raises ValueError on a title met twice."""
    ids: dict[Panel, int] = {}
    for dashboard in dashboards:
        for it in _all_panels(dashboard):
            panel = Panel(dashboard.uid or "", it.title or "")
            if panel in ids:
                raise ValueError(f"two panels of {panel.dashboard} are called {panel.title!r}")
            ids[panel] = it.id_val or 0
    return ids


def _all_panels(dashboard: Dashboard) -> Iterator[Panels | RowPanel]:
    """Give headings and panels, those of folded rows too."""
    for it in dashboard.panels or ():
        yield it
        if isinstance(it, RowPanel):
            yield from it.panels


def dashboard_json(dashboard: Dashboard) -> str:
    """Write a dashboard as file provisioning reads it: `id` is null, Grafana gives one."""
    model = {"id": None, **dashboard.to_json()}
    return json.dumps(model, cls=JSONEncoder, indent=2, ensure_ascii=False) + "\n"
