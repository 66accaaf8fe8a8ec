"""What a person sees on a tile: when nothing runs, when it stopped, when there is one value."""

from pathlib import Path
from typing import Any

import pytest

from grafana import looks, uids
from tests.grafana.files import FILES, dashboard, panels
from tests.grafana.shown import formatted, shown

TILES = [
    pytest.param(panel, id=f"{path.stem}: {panel['title']}")
    for path in FILES
    for panel in panels(dashboard(path))
    if panel["type"] == "stat"
]
OF_LIFE = {"Traffic", "Records a second", "Concurrent sessions", "Plays", "Rate", "Workers"}


def panel(uid: str, title: str) -> Any:
    found = next(it for it in map(dashboard, FILES) if it["uid"] == uid)
    return next(one for one in panels(found) if one["title"] == title)


@pytest.mark.parametrize("tile", TILES)
def test_nothing_at_all_is_never_green(tile: Any) -> None:
    assert shown(tile, None).colour != "green"


@pytest.mark.parametrize("tile", TILES)
def test_zero_is_green_only_where_less_is_better(tile: Any) -> None:
    steps = tile["fieldConfig"]["defaults"]["thresholds"]["steps"]

    if shown(tile, 0).colour == "green":
        assert steps[-1]["color"] == "red"
    if tile["title"] in OF_LIFE:
        assert shown(tile, 0).colour == "red"
        assert shown(tile, 7).colour in {"blue", "green"}


@pytest.mark.parametrize(
    "title",
    ["Workers", "Ready", "Records a second", "Oldest stream", "Freshness now, p99"],
)
def test_after_a_total_outage_operations_is_red(title: str) -> None:
    tile = panel(uids.OPERATIONS, title)

    # the workers are gone, so Prometheus has nothing; the database is as old as it is
    found = shown(tile, {"Workers": 0.0, "Oldest stream": 7_200.0}.get(title))

    assert found.colour == "red"
    assert found.text != "No data"


@pytest.mark.parametrize(
    ("uid", "title", "value", "text"),
    [
        pytest.param(uids.STEERING, "Traffic", 0.0, "0 Mb/s", id="no traffic"),
        pytest.param(uids.STEERING, "Traffic", 32_948.5, "32.9 Gb/s", id="traffic"),
        pytest.param(uids.STEERING, "Headroom", None, "no traffic or capacity", id="headroom"),
        pytest.param(uids.OPERATIONS, "Records a second", 2_471.0, "2.47 K rec/s", id="rate"),
        pytest.param(uids.OPERATIONS, "Records that wait", 1_234.0, "1,234", id="all digits"),
        pytest.param(uids.OPERATIONS, "Freshness now, p99", None, "no records", id="idle"),
        pytest.param(uids.PURCHASES, "Amount, $currency", 2_471_889.3, "2471889.30", id="money"),
        pytest.param(uids.PURCHASES, "Since the last purchase", 0.0, "0 s", id="just now"),
        pytest.param(uids.MEDIA, "Plays", 1.0, "1 events/min", id="one"),
        pytest.param(uids.ACTIVITY, "Events today, so far", 1_234_567.0, "1,234,567", id="day"),
        pytest.param(uids.MARKETS, "Sequence numbers missing", None, "no trades", id="no trades"),
    ],
)
def test_a_tile_says(uid: str, title: str, value: float | None, text: str) -> None:
    assert shown(panel(uid, title), value).text == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(0.041337, "0.041337", id="ETH-BTC"),
        pytest.param(0.0412, "0.0412", id="of its axis"),
        pytest.param(60_012.55, "60,012.55", id="BTC-USD"),
    ],
)
def test_a_price_keeps_its_digits(value: float, text: str) -> None:
    candles = panel(uids.MARKETS, "$product_of_candles by window")["fieldConfig"]["defaults"]
    assert formatted(value, candles["unit"], candles["decimals"]) == text


def test_plays_for_each_end_of_the_usual_viewers_are_green() -> None:
    tile = panel(uids.MEDIA, "Plays per pause or stop")

    # of 100 plays 25 stop and 75 pause; of those 15 stop
    assert shown(tile, 100 / 115).colour == "green"


def _defaults(path: Path) -> list[tuple[str, Any]]:
    return [(one["title"], one) for one in panels(dashboard(path))]


EACH = pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in FILES])


@EACH
def test_no_count_is_rounded_to_thousands(path: Path) -> None:
    for title, one in _defaults(path):
        defaults = one["fieldConfig"]["defaults"]
        assert not (defaults.get("unit") == looks.COUNT and "decimals" in defaults), title


@EACH
def test_units_are_those_of_what_is_counted(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert '"unit": "ops"' not in text
    assert '"unit": "cpm"' not in text


@EACH
def test_one_row_alone_keeps_its_name(path: Path) -> None:
    for title, one in _defaults(path):
        if one["type"] == "bargauge":
            assert one["fieldConfig"]["defaults"]["displayName"].startswith("${__data.fields."), (
                title
            )


@EACH
def test_legends_leave_room_and_tables_fit(path: Path) -> None:
    for title, one in _defaults(path):
        width = one["gridPos"]["w"]
        if one["type"] == "table":
            assert one["fieldConfig"]["defaults"]["custom"]["minWidth"] == 70, title
        if one["type"] == "piechart":
            assert width >= 6, title
        if one["type"] == "timeseries":
            legend = one["options"]["legend"]
            wanted = ("table", "right") if width >= 12 else ("list", "bottom")
            assert (legend["displayMode"], legend["placement"]) == wanted, title


@EACH
def test_lines_that_may_overlap_are_thick_and_not_filled(path: Path) -> None:
    for title, one in _defaults(path):
        custom = one["fieldConfig"]["defaults"].get("custom", {})
        is_stacked = custom.get("stacking", {"mode": "normal"})["mode"] == "normal"
        if one["type"] == "timeseries" and custom["drawStyle"] == "line" and not is_stacked:
            assert (custom["lineWidth"], custom["fillOpacity"]) == (2, 0), title


def test_a_name_has_one_colour_wherever_it_is_shown_and_none_that_means_good_or_bad() -> None:
    colours: dict[str, set[str]] = {}
    for path in FILES:
        for one in panels(dashboard(path)):
            for override in one["fieldConfig"]["overrides"]:
                for it in override["properties"]:
                    if it["id"] == "color":
                        name = override["matcher"]["options"]
                        colours.setdefault(name, set()).add(it["value"]["fixedColor"])

    assert {"Akamai", "Fastly", "CloudFront", "play", "view", "BTC-USD"} <= set(colours)
    assert all(len(found) == 1 for found in colours.values()), colours
    assert not {"red", "green", "orange"} & set().union(*colours.values())


def test_the_lines_of_eighty_and_ninety_percent_are_on_the_scale() -> None:
    custom = panel(uids.STEERING, "Usage of capacity")["fieldConfig"]["defaults"]["custom"]
    assert custom["axisSoftMax"] == 100
    assert custom["thresholdsStyle"] == {"mode": "dashed"}


@pytest.mark.parametrize("title", ["Partitions held", "Ready, by process", "Sink waiting"])
def test_states_are_strips(title: str) -> None:
    assert panel(uids.OPERATIONS, title)["type"] == "state-timeline"


def test_a_dead_worker_is_not_ready() -> None:
    for title in ("Ready", "Ready, by process"):
        for target in panel(uids.OPERATIONS, title)["targets"]:
            assert "up{" in target["expr"], "its last word would stay"


@pytest.mark.parametrize(
    "title",
    ["Dead letters by reason", "Dead letters with their reasons", "Sink errors and retries"],
)
def test_no_errors_are_told_as_such(title: str) -> None:
    defaults = panel(uids.OPERATIONS, title)["fieldConfig"]["defaults"]
    assert defaults["noValue"] == "No errors in this range"


def test_yesterday_is_not_called_today() -> None:
    tile = panel(uids.ACTIVITY, "Same part of yesterday")
    assert (tile["timeFrom"], tile["timeShift"]) == ("now/d", "1d")


def test_the_map_needs_no_internet_and_shows_articles() -> None:
    found = panel(uids.PURCHASES, "Articles by country, all currencies")
    borders, markers = found["options"]["layers"]

    assert borders["config"]["src"] == "public/maps/countries.geojson"
    assert found["options"]["basemap"]["opacity"] == 0
    assert markers["config"]["style"]["size"]["field"] == "Articles"
    assert "$currency" not in found["targets"][0]["rawSql"]


def test_countries_have_names() -> None:
    found = panel(uids.PURCHASES, "Countries, $currency")
    mappings = [
        it["value"][0]["options"]
        for override in found["fieldConfig"]["overrides"]
        for it in override["properties"]
        if it["id"] == "mappings"
    ]

    assert mappings[0]["DE"]["text"] == "Germany"


def test_the_volume_is_there_once() -> None:
    found = next(it for it in map(dashboard, FILES) if it["uid"] == uids.MARKETS)
    assert not [one for one in panels(found) if one["title"].startswith("Volume")]


def test_overview_leads_everywhere() -> None:
    found = next(it for it in map(dashboard, FILES) if it["uid"] == uids.OVERVIEW)
    led = {link["url"] for one in panels(found) for link in one["links"]}
    there = {uids.path(it["uid"]) for it in map(dashboard, FILES)} - {uids.path(uids.OVERVIEW)}

    assert led == there
    assert all(one["links"] for one in panels(found))


def test_business_is_folded_away() -> None:
    found = next(it for it in map(dashboard, FILES) if it["uid"] == uids.OPERATIONS)
    folded = [row for row in found["panels"] if row["type"] == "row" and row["collapsed"]]

    assert [row["title"] for row in folded] == ["Business, from Prometheus alone"]
    assert len(folded[0]["panels"]) == 8
