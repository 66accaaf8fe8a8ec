"""Content steering: which CDN carries how much of what it can, and for whom."""

from grafana_foundation_sdk.models.dashboard import Dashboard, Panel

from grafana import uids
from grafana.board import Row, board
from grafana.colours import CDNS
from grafana.looks import (
    ALIVE,
    COUNT,
    EXACT,
    LOAD,
    MBPS,
    PERCENT,
    TRAFFIC_BYTES,
    column,
    dashed,
    link,
)
from grafana.panels import bars, columns, pie, stat, table, timeseries
from grafana.queries import Sql, statements
from grafana.variables import several

_STEER = (
    "Red: raise the CDN's row in cdn_capacity if it is out of date, otherwise move it down in "
    "cdn_priority, so that players are sent elsewhere."
)


def dashboard() -> Dashboard:
    sql = statements("content_steering")
    return board(
        uids.STEERING,
        "Content steering",
        description="Which CDN carries how much of what it can, and for whom.",
        since="now-1h",
        refresh="10s",
        with_events=True,
        variables=[several("cdn", "CDN", sql["cdns"]), several("asn", "ASN", sql["asns"])],
        rows=[
            Row("Last full window", _now(sql)),
            Row("By CDN", _by_cdn(sql)),
            Row("By network", _by_network(sql)),
            Row("Bitrates", _bitrates(sql)),
            Row("Last seven days, by hour", _week(sql)),
        ],
    )


def _now(sql: dict[str, Sql]) -> list[Panel]:
    return [
        stat(
            "Traffic",
            sql["traffic_now"],
            unit=MBPS,
            width=6,
            steps=ALIVE,
            description=(
                "What the chosen CDNs carried together in the last full window. Red, zero though "
                "people watch: see whether events arrive, on the Operations dashboard."
            ),
        ),
        stat(
            "Concurrent sessions",
            sql["sessions_now"],
            unit=EXACT,
            decimals=0,
            width=6,
            steps=ALIVE,
            description=(
                "Mean number of playback sessions in the last full window: seconds of viewing by "
                "its length. Red: nobody watches, or no event arrives."
            ),
        ),
        stat(
            "Headroom",
            sql["headroom_now"],
            unit=PERCENT,
            decimals=0,
            width=6,
            steps=("red", (10, "orange"), (20, "green")),
            no_value="no traffic or capacity",
            description=(
                "Free part of the capacity of the chosen CDNs together (cdn_capacity). Red: less "
                "than 10 % is left, steering cannot move players any more: buy capacity. "
                "Without a number: nothing is carried, or cdn_capacity is empty."
            ),
        ),
        stat(
            "Fullest CDN",
            sql["fullest_now"],
            unit=PERCENT,
            decimals=0,
            width=6,
            steps=LOAD,
            no_value="no traffic or capacity",
            description="Usage of the CDN that is nearest to its capacity. " + _STEER,
        ),
        bars(
            "CDN usage",
            sql["usage_now"],
            named_by="CDN",
            unit=PERCENT,
            decimals=0,
            maximum=100,
            steps=LOAD,
            description=(
                "Traffic as a part of each CDN's capacity: orange from 80 %, red from 90 %. "
                + _STEER
            ),
        ),
        table(
            "Capacity and headroom",
            sql["capacity"],
            columns=[
                column("Traffic", MBPS, decimals=1),
                column("Capacity", MBPS),
                column("Headroom", MBPS, decimals=1),
                column("Used", PERCENT, decimals=0, steps=LOAD),
                column("Sessions", EXACT, decimals=0),
                link(
                    "CDN",
                    "Only ${__value.text}",
                    f"{uids.path(uids.STEERING)}?var-cdn=${{__value.text}}&${{__url_time_range}}",
                ),
            ],
            description=(
                "What each CDN carries, can carry (cdn_capacity) and has left. An empty capacity: "
                "the CDN is in the data but not in cdn_capacity; add its row. " + _STEER
            ),
        ),
    ]


def _by_cdn(sql: dict[str, Sql]) -> list[Panel]:
    return [
        timeseries(
            "Traffic by CDN",
            sql["traffic_by_cdn"],
            sql["capacity_by_time"],
            sql["week_before"],
            unit=MBPS,
            minimum=0,
            stacked=True,
            width=24,
            height=10,
            colours=CDNS,
            columns=[dashed("Capacity"), dashed("A week before")],
            description=(
                "Mean Mbit/s of each full window, one CDN on the other, below the capacity of all "
                "of them, and the same hours a week before. One falls while another rises: players "
                "were moved. All fall: see whether events arrive, on the Operations dashboard."
            ),
        ),
        timeseries(
            "Usage of capacity",
            sql["usage_by_cdn"],
            unit=PERCENT,
            minimum=0,
            reaches=100,
            colours=CDNS,
            steps=LOAD,
            lines_at_steps=True,
            description=(
                "Traffic as a part of capacity, CDNs without one left out. Above the red line (90 "
                "%) an alert fires. " + _STEER
            ),
        ),
        timeseries(
            "Concurrent sessions by CDN",
            sql["sessions_by_cdn"],
            unit=COUNT,
            minimum=0,
            colours=CDNS,
            description=(
                "Mean number of playback sessions of each full window. Falls while traffic stays: "
                "fewer viewers at a higher bitrate."
            ),
        ),
        timeseries(
            "Share of traffic",
            sql["share_by_cdn"],
            unit=PERCENT,
            minimum=0,
            maximum=100,
            stacked=True,
            colours=CDNS,
            description=(
                "Each CDN's part of the traffic of all CDNs, chosen or not. A share that stays "
                "though cdn_priority was changed: players do not follow."
            ),
        ),
        pie(
            "Carried in the whole range",
            sql["carried_by_cdn"],
            unit=TRAFFIC_BYTES,
            colours=CDNS,
            description="Bytes that each CDN delivered, for comparison with its invoice.",
        ),
    ]


def _by_network(sql: dict[str, Sql]) -> list[Panel]:
    return [
        timeseries(
            "Traffic by ASN",
            sql["traffic_by_asn"],
            unit=MBPS,
            minimum=0,
            description=(
                "The ten networks with the most traffic in the range. One falls alone: that "
                "network has a problem, not the CDN; give it an order of its own in cdn_priority."
            ),
        ),
        table(
            "Networks and CDNs, last full window",
            sql["pairs_now"],
            columns=[
                column("Traffic", MBPS, decimals=1),
                column("Sessions", EXACT, decimals=0),
                column("Mean bitrate", MBPS, decimals=2),
            ],
            description=(
                "The 50 largest pairs. A mean bitrate far below the others' says that viewers of "
                "this network get little from this CDN."
            ),
        ),
    ]


def _bitrates(sql: dict[str, Sql]) -> list[Panel]:
    return [
        columns(
            "Sessions by bitrate, last five minutes",
            sql["bitrates"],
            across="Bitrate",
            unit=EXACT,
            decimals=0,
            description=(
                "Mean number of sessions that played each bitrate. Weight moves to the left: "
                "players step down; look which CDN is full."
            ),
        ),
        timeseries(
            "Mean bitrate by CDN",
            sql["mean_bitrate"],
            unit=MBPS,
            minimum=0,
            colours=CDNS,
            description=(
                "Mean bitrate of a session. One CDN falls below the others: it is slow for its "
                "viewers even where its capacity is not reached."
            ),
        ),
    ]


def _week(sql: dict[str, Sql]) -> list[Panel]:
    return [
        timeseries(
            "Traffic by CDN, by hour",
            sql["week_by_cdn"],
            every="hour",
            unit=MBPS,
            minimum=0,
            width=24,
            stacked=True,
            colours=CDNS,
            of="now-7d",
            description=(
                "Mean Mbit/s of each full hour, always of the last seven days: what is usual at "
                "this time of day."
            ),
        ),
    ]
