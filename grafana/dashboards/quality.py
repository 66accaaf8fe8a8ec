"""Quality of experience: what viewers get, by CDN and network."""

from grafana_foundation_sdk.models.dashboard import Dashboard, Panel

from grafana import uids
from grafana.board import Row, board
from grafana.colours import CDNS
from grafana.looks import COUNT, EVENTS_PER_MINUTE, MBPS, PERCENT, SECONDS, Steps, column
from grafana.panels import stat, table, timeseries
from grafana.queries import Sql, statements
from grafana.timelines import heatmap
from grafana.variables import several

_BITRATE: Steps = ("dark-red", (1, "red"), (1.8, "orange"), (2.5, "yellow"), (3.5, "green"))
_LOW: Steps = ("green", (10, "orange"), (25, "red"))
_STALLED: Steps = ("green", (1, "orange"), (3, "red"))
_START: Steps = ("green", (3, "orange"), (6, "red"))


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
            Row("Stalls and starts", _stalls(sql)),
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
        stat(
            "Time stalled",
            sql["rebuffer_now"],
            unit=PERCENT,
            decimals=2,
            steps=_STALLED,
            no_value="nobody says",
            description=(
                "Time that players stood still, as a part of the time watched in the last full "
                "window. Only of players that say so. Red from 3 %: see below whether it is one "
                "CDN, and steer away from it."
            ),
        ),
        stat(
            "Start, slowest twentieth, last five minutes",
            sql["startup_now"],
            unit=SECONDS,
            decimals=1,
            steps=_START,
            no_value="nobody began",
            description=(
                "95 of 100 starts were faster than this, from play to the first picture. Red from "
                "six seconds, when viewers leave."
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


def _stalls(sql: dict[str, Sql]) -> list[Panel]:
    return [
        timeseries(
            "Time stalled by CDN",
            sql["rebuffer_by_cdn"],
            unit=PERCENT,
            minimum=0,
            steps=_STALLED,
            colours=CDNS,
            description=(
                "Time that players stood still, as a part of the time watched. One CDN rises: it "
                "cannot keep up. All rise: the encoder or the origin. Red from 3 %."
            ),
        ),
        timeseries(
            "Sessions with a stall by CDN",
            sql["stalled_by_cdn"],
            unit=COUNT,
            minimum=0,
            colours=CDNS,
            description=(
                "Mean number of sessions whose last heartbeat told of a stall. Many with little "
                "time stalled: short ones, for most viewers."
            ),
        ),
        timeseries(
            "Start by CDN, slowest twentieth",
            sql["startup_by_cdn"],
            unit=SECONDS,
            minimum=0,
            steps=_START,
            colours=CDNS,
            description=(
                "95 of 100 starts were faster than this, in each window; from buckets, so that it "
                "is right to within a factor of two. Red from six seconds."
            ),
        ),
        timeseries(
            "Throughput by CDN, slowest twentieth",
            sql["throughput_by_cdn"],
            unit=MBPS,
            minimum=0,
            colours=CDNS,
            description=(
                "What the twentieth of the players with the worst network measure at most, from "
                "buckets. It falls before bitrates do."
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
