"""Quality of experience: what viewers get, by CDN and network."""

from grafana_foundation_sdk.models.dashboard import Dashboard, Panel

from grafana import uids
from grafana.board import Row, board
from grafana.colours import CDNS
from grafana.looks import COUNT, EVENTS_PER_MINUTE, MBPS, PERCENT, Steps, column
from grafana.panels import stat, table, timeseries
from grafana.queries import Sql, statements
from grafana.timelines import heatmap
from grafana.variables import several

_BITRATE: Steps = ("dark-red", (1, "red"), (1.8, "orange"), (2.5, "yellow"), (3.5, "green"))
_LOW: Steps = ("green", (10, "orange"), (25, "red"))


def dashboard() -> Dashboard:
    sql = statements("quality")
    return board(
        uids.QUALITY,
        "Quality of experience",
        description="What viewers get: bitrates by CDN and network, and changes of CDN.",
        with_events=True,
        variables=[several("cdn", "CDN", sql["cdns"])],
        rows=[
            Row("Now", _now(sql)),
            Row("Where it is good and where not", _where(sql)),
            Row("Over time, at most the last three hours", _over_time(sql)),
        ],
    )


def _now(sql: dict[str, Sql]) -> list[Panel]:
    return [
        stat(
            "Viewing below 1 Mbit/s, last five minutes",
            sql["low_now"],
            unit=PERCENT,
            decimals=1,
            steps=_LOW,
            no_value="nobody watches",
            description=(
                "Part of the time that people watched at less than 1 Mbit/s. Red from 25 %: see "
                "below whether it is one CDN or one network."
            ),
        ),
        stat(
            "Mean bitrate",
            sql["bitrate_now"],
            unit=MBPS,
            decimals=2,
            steps=_BITRATE,
            no_value="nobody watches",
            description=(
                "Mean bitrate of a session in the last full window. Red below 1.8 Mbit/s: viewers "
                "see blocks; steer them to a CDN that has room."
            ),
        ),
    ]


def _where(sql: dict[str, Sql]) -> list[Panel]:
    return [
        table(
            "Mean bitrate by network and CDN",
            sql["pairs"],
            height=12,
            columns=[
                column(name, MBPS, decimals=2, steps=_BITRATE) for name in (*CDNS, "Best of others")
            ],
            description=(
                "Of the twelve networks with the most viewing in the range. One red cell in a "
                "green row: this CDN is bad for this network, give the network an order of its own "
                "in cdn_priority. A red row: the network itself is slow."
            ),
        ),
        timeseries(
            "Mean bitrate by CDN",
            sql["mean_bitrate"],
            unit=MBPS,
            minimum=0,
            height=12,
            colours=CDNS,
            description=(
                "Mean bitrate of a session. One CDN falls below the others: it is slow for its "
                "viewers even where its capacity is not reached."
            ),
        ),
    ]


def _over_time(sql: dict[str, Sql]) -> list[Panel]:
    return [
        heatmap(
            "Sessions by bitrate",
            sql["bitrates"],
            rows="string",
            unit=COUNT,
            width=24,
            no_value="No sessions in this range",
            description=(
                "How many sessions play each bitrate, the darker the more. All move down at one "
                "time: something is full or broken."
            ),
        ),
        timeseries(
            "Viewing below 1 Mbit/s by CDN",
            sql["low_by_cdn"],
            unit=PERCENT,
            minimum=0,
            steps=_LOW,
            colours=CDNS,
            description="Part of each CDN's viewing below 1 Mbit/s. Red from 25 % on a tile.",
        ),
        timeseries(
            "Changes of CDN a minute, last hour",
            sql["switches"],
            unit=EVENTS_PER_MINUTE,
            minimum=0,
            style="bars",
            stacked=True,
            colours=CDNS,
            no_value="No changes in this range",
            description=(
                "Sessions that went on with another CDN, by the one that they left. A wave: "
                "steering moved them, or they fled."
            ),
        ),
    ]
