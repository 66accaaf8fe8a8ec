"""Panels with the manners that all of ours have; a dashboard says what is special about each."""

from collections.abc import Mapping, Sequence
from typing import Literal, Required, TypedDict, Unpack

from grafana_foundation_sdk.models import barchart as barcharts
from grafana_foundation_sdk.models import bargauge as bargauges
from grafana_foundation_sdk.models import common, dashboard
from grafana_foundation_sdk.models import piechart as piecharts
from grafana_foundation_sdk.models import stat as stats
from grafana_foundation_sdk.models import table as tables
from grafana_foundation_sdk.models import timeseries as graphs

from grafana.colours import Colours, fixed
from grafana.looks import CALM, Steps, by_series, by_threshold, nothing_is, thresholds
from grafana.queries import Format, Query, Sql, by_window, named

_MINUTE = 60_000
_DAY = 24 * 60 * _MINUTE
_STEP_MILLISECONDS = {
    "window": _DAY,  # as long as one may be: its query says itself where a line ends
    "minute": _MINUTE,
    "hour": 60 * _MINUTE,
    "day": _DAY,
}
_WIDE = 12  # columns: from here on a legend stands at the right, with numbers
_COLUMN_PIXELS = 70  # Grafana's own 150 cut tables of seven columns on a screen of 1,600


class About(TypedDict, total=False):
    """What every panel may say. `description`: what it shows, and what to do when it is red.

    Width in columns of 24, height in units of 30 pixels. `of` is a range of the panel's own, like
    `now-7d`, and `earlier` by how much it lies in the past, like `1d`. `no_value` stands where
    there is nothing, on a tile in the colour `nothing`. `columns` are overrides from `looks`,
    `colours` those of names that the panel shows, `leads_to` the path of another dashboard,
    `states` names of values.
    """

    description: Required[str]
    width: int
    height: int
    unit: str
    decimals: int
    minimum: float
    maximum: float
    steps: Steps
    no_value: str
    nothing: str
    of: str
    earlier: str
    columns: Sequence[dashboard.DashboardFieldConfigSourceOverrides]
    colours: Colours
    leads_to: str
    states: Sequence[dashboard.ValueMap]
    named_by: str


Style = Literal["line", "bars", "points"]
Step = Literal["window", "minute", "hour", "day"]


def timeseries(
    title: str,
    *queries: Query,
    style: Style = "line",
    every: Step = "window",
    lines_at_steps: bool = False,
    stacked: bool = False,
    reaches: float | None = None,
    **about: Unpack[About],
) -> dashboard.Panel:
    """Lines over time; a gap in the data is a gap in the line.

    `every` is the distance of two points of SQL (Prometheus decides about its own); by window is
    what `by_window` takes. With `lines_at_steps` thresholds are drawn as lines. `stacked` is for
    parts of a whole. The axis goes up to `reaches` at least.
    """
    filled = {"line": 0, "bars": 60, "points": 0}[style]
    custom: dict[str, object] = {
        "drawStyle": style,
        "lineWidth": 2 if style == "line" and not stacked else 1,
        "fillOpacity": 40 if stacked and style == "line" else filled,
        "showPoints": "always" if style == "points" else "never",
        "spanNulls": False,
        "stacking": {"mode": "normal" if stacked else "none", "group": "A"},
    }
    is_sql = isinstance(queries[0], Sql)
    if is_sql:  # Grafana 9 joins points over a silence of all series, newer ones not
        custom["insertNulls"] = _STEP_MILLISECONDS[every] * 5 // 2
    if every == "window":
        queries = tuple(by_window(one) if isinstance(one, Sql) else one for one in queries)
    if lines_at_steps:
        custom["thresholdsStyle"] = {"mode": "dashed"}
    if reaches is not None:
        custom["axisSoftMax"] = reaches
    options = graphs.Options(legend=_legend(about), tooltip=tooltip())
    panel = made("timeseries", title, queries, "time_series", about, options=options, custom=custom)
    if is_sql:
        panel.interval = "1m"  # few windows are shorter
    return panel


def stat(
    title: str, *queries: Query, sparkline: bool = False, **about: Unpack[About]
) -> dashboard.Panel:
    """One number, coloured by its threshold; with a sparkline, the last of a line that it shows."""
    graph = common.BigValueGraphMode.AREA if sparkline else common.BigValueGraphMode.NONE
    options = stats.Options(
        color_mode=common.BigValueColorMode.VALUE,
        graph_mode=graph,
        reduce_options=_last_value(),
        text_mode=common.BigValueTextMode.VALUE,
    )
    wanted: Format = "time_series" if sparkline else "table"
    return made("stat", title, queries, wanted, {"height": 4, **about}, options=options)


def bars(title: str, *queries: Query, **about: Unpack[About]) -> dashboard.Panel:
    """One bar for each row, named by its column `named_by`, against a maximum and thresholds."""
    options = bargauges.Options(
        display_mode=common.BarGaugeDisplayMode.BASIC,
        orientation=common.VizOrientation.HORIZONTAL,
        reduce_options=_every_row(),
    )
    return made("bargauge", title, queries, "table", {"minimum": 0, **about}, options=options)


def pie(title: str, *queries: Query, **about: Unpack[About]) -> dashboard.Panel:
    """Shares of a whole: one slice for each row."""
    values = [piecharts.PieChartLegendValues.VALUE, piecharts.PieChartLegendValues.PERCENT]
    options = piecharts.Options(
        pie_type=piecharts.PieChartType.DONUT,
        display_labels=[],
        legend=piecharts.PieChartLegendOptions(
            values=values,
            display_mode=common.LegendDisplayMode.TABLE,
            placement=common.LegendPlacement.RIGHT,
            show_legend=True,
        ),
        reduce_options=_every_row(),
        tooltip=tooltip(),
    )
    return made("piechart", title, queries, "table", about, options=options, custom={})


def columns(title: str, *queries: Query, across: str, **about: Unpack[About]) -> dashboard.Panel:
    """Upright bars over the text column `across`."""
    options = barcharts.Options(
        x_field=across,
        orientation=common.VizOrientation.VERTICAL,
        show_value=common.VisibilityMode.AUTO,
        legend=common.VizLegendOptions(show_legend=False),
        tooltip=tooltip(),
    )
    custom = {"lineWidth": 1, "fillOpacity": 80, "gradientMode": "none"}
    return made(
        "barchart", title, queries, "table", {"minimum": 0, **about}, options=options, custom=custom
    )


def table(title: str, *queries: Query, **about: Unpack[About]) -> dashboard.Panel:
    """Rows as the query orders them."""
    custom = {"minWidth": _COLUMN_PIXELS}
    return made("table", title, queries, "table", about, options=tables.Options(), custom=custom)


def made(
    kind: str,
    title: str,
    queries: Sequence[Query],
    wanted: Format,
    about: About,
    *,
    options: object,
    custom: Mapping[str, object] | None = None,
) -> dashboard.Panel:
    """Make a panel of any kind; its data source is that of its queries, which is one."""
    series = kind in {"timeseries", "piechart", "barchart", "candlestick"}
    mappings: list[object] = list(about.get("states", ()))
    if kind == "stat" and "no_value" in about:
        mappings += nothing_is(about["no_value"], about.get("nothing", "red"))
    return dashboard.Panel(
        type_val=kind,
        title=title,
        description=about["description"],
        datasource=queries[0].datasource,
        targets=[named(query, "ABCDEFGH"[nth], wanted) for nth, query in enumerate(queries)],
        grid_pos=dashboard.GridPos(h=about.get("height", 8), w=about.get("width", 12)),
        time_from=about.get("of"),
        time_shift=about.get("earlier"),
        links=_links(about),
        options=options,
        field_config=dashboard.FieldConfigSource(
            defaults=dashboard.FieldConfig(
                unit=about.get("unit"),
                decimals=about.get("decimals"),
                display_name=_name(about),
                min_val=about.get("minimum"),
                max_val=about.get("maximum"),
                no_value=about.get("no_value"),
                mappings=mappings or None,  # type: ignore[arg-type]
                thresholds=thresholds(about.get("steps") or CALM),
                color=by_series() if series else by_threshold(),
                custom=custom,
            ),
            overrides=[*fixed(about.get("colours", {})), *about.get("columns", ())],
        ),
    )


def tooltip() -> common.VizTooltipOptions:
    return common.VizTooltipOptions(common.TooltipDisplayMode.MULTI, common.SortOrder.DESCENDING)


def _name(about: About) -> str | None:
    """Name what one row shows: Grafana leaves the name out where there is but one row."""
    column = about.get("named_by")
    return f"${{__data.fields.{column}}}" if column else None


def _links(about: About) -> list[dashboard.DashboardLink] | None:
    path = about.get("leads_to")
    if path is None:
        return None
    kind = dashboard.DashboardLinkType.LINK
    return [dashboard.DashboardLink(title="More", type_val=kind, url=path, keep_time=True)]


def _legend(about: About) -> common.VizLegendOptions:
    """Put it where it takes little: a table at the right of a wide panel, a line below others."""
    is_wide = about.get("width", _WIDE) >= _WIDE
    kind, place = common.LegendDisplayMode, common.LegendPlacement
    return common.VizLegendOptions(
        display_mode=kind.TABLE if is_wide else kind.LIST,
        placement=place.RIGHT if is_wide else place.BOTTOM,
        show_legend=True,
        calcs=["lastNotNull", "max"] if is_wide else [],
        sort_by="Name" if is_wide else None,
        sort_desc=False if is_wide else None,
    )


def _last_value() -> common.ReduceDataOptions:
    return common.ReduceDataOptions(values=False, calcs=["lastNotNull"])


def _every_row() -> common.ReduceDataOptions:
    return common.ReduceDataOptions(values=True, calcs=["lastNotNull"])
