"""Which files are made from code, and what must stand in them."""

import json
from collections.abc import Callable
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana.dashboards import content_steering

HERE = Path(__file__).parent

DASHBOARDS: dict[str, Callable[[], Dashboard]] = {
    "content_steering": content_steering.dashboard,
}


def generated() -> dict[Path, str]:
    """Give every generated file with its text."""
    return {
        HERE / "dashboards" / f"{name}.json": dashboard_json(build())
        for name, build in DASHBOARDS.items()
    }


def dashboard_json(dashboard: Dashboard) -> str:
    """Write a dashboard as file provisioning reads it: `id` is null, Grafana gives one."""
    model = {"id": None, **dashboard.to_json()}
    return json.dumps(model, cls=JSONEncoder, indent=2, ensure_ascii=False) + "\n"
