"""A map of countries."""

from typing import Unpack

from grafana_foundation_sdk.models import common, dashboard
from grafana_foundation_sdk.models import geomap as maps

from grafana.panels import About, made
from grafana.queries import Query

_BORDERS = "public/maps/countries.geojson"
"""Comes with Grafana: the map behind the markers, which otherwise is fetched from the internet."""

_GAZETTEER = "public/gazetteer/countries.json"
"""Comes with Grafana; knows countries by ISO 3166 alpha-2."""


def countries(title: str, query: Query, *, size: str, **about: Unpack[About]) -> dashboard.Panel:
    """Markers on the countries of column `country`, as large as the column `size` says."""
    borders = common.MapLayerOptions(
        type_val="geojson",
        name="Borders",
        config={
            "src": _BORDERS,
            "rules": [],
            "style": {"color": {"fixed": "text"}, "opacity": 0.15, "lineWidth": 1},
        },
    )
    markers = common.MapLayerOptions(
        type_val="markers",
        name="Countries",
        tooltip=True,
        location=common.FrameGeometrySource(
            mode=common.FrameGeometrySourceMode.LOOKUP, lookup="country", gazetteer=_GAZETTEER
        ),
        config={
            "showLegend": False,
            "style": {
                "color": {"fixed": "blue"},
                "opacity": 0.5,
                "size": {"field": size, "min": 4, "max": 30, "fixed": 8},
                "symbol": {"fixed": "img/icons/marker/circle.svg", "mode": "fixed"},
            },
        },
    )
    options = maps.Options(
        view=maps.MapViewConfig(id_val="zero", lat=20, lon=0, zoom=1, all_layers=True),
        controls=maps.ControlsOptions(
            show_zoom=True, mouse_wheel_zoom=False, show_attribution=True
        ),
        basemap=common.MapLayerOptions(type_val="default", name="Map", opacity=0),
        layers=[borders, markers],
        tooltip=maps.TooltipOptions(maps.TooltipMode.DETAILS),
    )
    return made("geomap", title, [query], "table", about, options=options)
