"""Prices as candles."""

from typing import Unpack

from grafana_foundation_sdk.models import candlestick, common, dashboard

from grafana.panels import About, made
from grafana.queries import Query


def candles(title: str, query: Query, **about: Unpack[About]) -> dashboard.Panel:
    """Draw columns open, high, low and close over time, with the volume below."""
    options = candlestick.Options(
        mode=candlestick.VizDisplayMode.CANDLES_VOLUME,
        candle_style=candlestick.CandleStyle.CANDLES,
        color_strategy=candlestick.ColorStrategy.OPEN_CLOSE,
        fields=candlestick.CandlestickFieldMap("open", "high", "low", "close", "volume"),
        colors=candlestick.CandlestickColors(up="green", down="red", flat="gray"),
        legend=common.VizLegendOptions(show_legend=False),
        include_all_fields=False,
    )
    panel = made("candlestick", title, [query], "time_series", about, options=options, custom={})
    panel.interval = "1m"
    return panel
