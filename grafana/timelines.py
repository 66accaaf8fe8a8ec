"""Over time: what is one of a few states, and how many there are of each size."""

from typing import Unpack

from grafana_foundation_sdk.models import common, dashboard
from grafana_foundation_sdk.models import heatmap as heatmaps
from grafana_foundation_sdk.models import statetimeline as timelines

from grafana.panels import About, made, tooltip
from grafana.queries import Query, Sql


def timeline(title: str, *queries: Query, **about: Unpack[About]) -> dashboard.Panel:
    """Draw a strip for each series, coloured by the state or the threshold that it is in."""
    options = timelines.Options(
        show_value=common.VisibilityMode.AUTO,
        row_height=0.8,
        merge_values=True,
        legend=common.VizLegendOptions(show_legend=False),
        tooltip=tooltip(),
    )
    custom = {"lineWidth": 0, "fillOpacity": 75}
    panel = made(
        "state-timeline", title, queries, "time_series", about, options=options, custom=custom
    )
    if isinstance(queries[0], Sql):
        panel.interval = "1m"
    return panel


def heatmap(
    title: str, query: Query, *, rows: str, scheme: str = "Blues", **about: Unpack[About]
) -> dashboard.Panel:
    """Draw a row for each series or bucket, the darker the more; `rows` is the unit of names."""
    options = heatmaps.Options(
        calculate=False,
        color=heatmaps.HeatmapColorOptions(
            mode=heatmaps.HeatmapColorMode.SCHEME, scheme=scheme, steps=64, exponent=0.5
        ),
        rows_frame=heatmaps.RowsHeatmapOptions(layout=common.HeatmapCellLayout.AUTO),
        y_axis=heatmaps.YAxisConfig(unit=rows, axis_placement=common.AxisPlacement.LEFT),
        cell_values=heatmaps.CellValues(unit=about.get("unit")),
        cell_gap=1,
        legend=heatmaps.HeatmapLegend(show=True),
        tooltip=heatmaps.HeatmapTooltip(show=True),
    )
    return made("heatmap", title, [query], "time_series", about, options=options, custom={})
