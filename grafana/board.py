"""A dashboard of rows of panels: where they stand, their numbers, variables and links."""

from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.models.dashboard import (
    AnnotationContainer,
    AnnotationQuery,
    Dashboard,
    DashboardCursorSync,
    DashboardDashboardTemplating,
    DashboardDashboardTime,
    DashboardLink,
    DashboardLinkType,
    GridPos,
    Panel,
    RowPanel,
    TimePicker,
    VariableModel,
)

from grafana import uids
from grafana.queries import PROMETHEUS
from grafana.roles import CORE

_COLUMNS = 24
_REFRESH = ["5s", "10s", "30s", "1m", "5m", "15m", "1h"]


@dataclass(frozen=True)
class Row:
    """Panels from left to right under a heading; those that do not fit begin another line."""

    title: str
    panels: Sequence[Panel]
    folded: bool = False


def board(
    uid: str,
    title: str,
    *,
    description: str,
    rows: Sequence[Row],
    variables: Sequence[VariableModel] = (),
    since: str = "now-3h",
    refresh: str = "30s",
    with_events: bool = False,
) -> Dashboard:
    """Make a dashboard. Panels are numbered from 1 in reading order.

    `with_events` marks restarts and rebalances of workers on every line.
    """
    return Dashboard(
        uid=uid,
        title=title,
        description=description,
        tags=[uids.TAG],
        timezone="browser",
        graph_tooltip=DashboardCursorSync.CROSSHAIR,
        time=DashboardDashboardTime(since, "now"),
        refresh=refresh,
        timepicker=TimePicker(refresh_intervals=_REFRESH),
        templating=DashboardDashboardTemplating(list(variables)),
        annotations=AnnotationContainer(_events() if with_events else []),
        links=[_to_the_others()],
        panels=_placed(rows),
    )


def _placed(rows: Sequence[Row]) -> list[Panel | RowPanel]:
    placed: list[Panel | RowPanel] = []
    top, number = 0, 1
    for row in rows:
        heading = RowPanel(title=row.title, id_val=number, panels=[], collapsed=row.folded)
        heading.grid_pos = GridPos(h=1, w=_COLUMNS, x=0, y=top)
        number += 1
        placed.append(heading)
        below: list[Panel | RowPanel] = heading.panels if row.folded else placed  # type: ignore[assignment]
        left, top, lowest = 0, top + 1, top + 1
        for panel in row.panels:
            place = panel.grid_pos
            assert place is not None  # noqa: S101 - every panel of ours has a size
            if left + place.w > _COLUMNS:
                left, top = 0, lowest
            place.x, place.y = left, top
            left, lowest = left + place.w, max(lowest, top + place.h)
            panel.id_val = number
            number += 1
            below.append(panel)
        top = heading.grid_pos.y + 1 if row.folded else lowest
    return placed


def _events() -> list[AnnotationQuery]:
    """Ask Prometheus when workers started, and when partitions were handed out anew."""
    asked = {
        "Worker started": (
            'changes(headrace_process_start_time_seconds{job="headrace-worker"}[1m]) > 0',
            "purple",
        ),
        "Rebalance": (
            f"sum(increase(headrace_rebalances_total{{{CORE}}}[1m])) > 0",
            "yellow",
        ),
    }
    return [
        AnnotationQuery(name=name, datasource=PROMETHEUS, expr=expression, icon_color=colour)
        for name, (expression, colour) in asked.items()
    ]


def _to_the_others() -> DashboardLink:
    return DashboardLink(
        title="Headrace",
        type_val=DashboardLinkType.DASHBOARDS,
        icon="external link",
        tooltip="The other dashboards, at the same time",
        tags=[uids.TAG],
        keep_time=True,
    )
