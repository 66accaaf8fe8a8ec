"""A dashboard of rows of panels: where they stand, their numbers, variables and links."""

from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.models.dashboard import (
    AnnotationContainer,
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

_COLUMNS = 24
_REFRESH = ["5s", "10s", "30s", "1m", "5m", "15m", "1h"]


@dataclass(frozen=True)
class Row:
    """Panels from left to right under a heading; those that do not fit begin another line."""

    title: str
    panels: Sequence[Panel]


def board(
    uid: str,
    title: str,
    *,
    description: str,
    rows: Sequence[Row],
    variables: Sequence[VariableModel] = (),
    since: str = "now-3h",
    refresh: str = "30s",
) -> Dashboard:
    """Make a dashboard. Panels are numbered from 1 in reading order."""
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
        annotations=AnnotationContainer([]),
        links=[_to_the_others()],
        panels=_placed(rows),
    )


def _placed(rows: Sequence[Row]) -> list[Panel | RowPanel]:
    placed: list[Panel | RowPanel] = []
    top = 0
    for row in rows:
        heading = RowPanel(title=row.title, id_val=len(placed) + 1, panels=[])
        heading.grid_pos = GridPos(h=1, w=_COLUMNS, x=0, y=top)
        placed.append(heading)
        left, top, lowest = 0, top + 1, top + 1
        for panel in row.panels:
            place = panel.grid_pos
            assert place is not None  # noqa: S101 - every panel of ours has a size
            if left + place.w > _COLUMNS:
                left, top = 0, lowest
            place.x, place.y = left, top
            left, lowest = left + place.w, max(lowest, top + place.h)
            panel.id_val = len(placed) + 1
            placed.append(panel)
        top = lowest
    return placed


def _to_the_others() -> DashboardLink:
    return DashboardLink(
        title="Headrace",
        type_val=DashboardLinkType.DASHBOARDS,
        icon="external link",
        tooltip="The other dashboards, at the same time",
        tags=[uids.TAG],
        keep_time=True,
    )
