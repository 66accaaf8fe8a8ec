"""Overview: the first look, and the way down to everything else."""

from grafana_foundation_sdk.models.dashboard import Dashboard, Panel
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from grafana import uids
from grafana.board import Row, board
from grafana.colours import CDNS, MEDIA_EVENTS, USER_EVENTS
from grafana.dashboards.ways_in_promql import waiting_sources
from grafana.looks import (
    ALIVE,
    EVENTS_PER_MINUTE,
    LOAD,
    MBPS,
    NO_UNIT,
    PERCENT,
    RECORDS_PER_SECOND,
    SECONDS,
    column,
    link,
)
from grafana.panels import stat, table, timeseries
from grafana.queries import Promql, Sql, statements
from grafana.roles import CORE, SINKS, SOURCES
from grafana.timelines import timeline

_FIRING = 'ALERTS{alertname=~"Headrace.+", alertstate="firing"}'


def dashboard() -> Dashboard:
    sql = statements("overview")
    return board(
        uids.OVERVIEW,
        "Overview",
        description="Whether all is well, and what happens. Each panel leads to its dashboard.",
        refresh="10s",
        with_events=True,
        rows=[
            Row("Now", _now(sql)),
            Row("Streams", _streams(sql)),
            Row("What happens", _business(sql)),
        ],
    )


def _now(sql: dict[str, Sql]) -> list[Panel]:
    operations, steering = uids.path(uids.OPERATIONS), uids.path(uids.STEERING)
    return [
        stat(
            "Records a second",
            Promql(f"sum(rate(headrace_rows_stored_total{{{CORE}}}[1m]))", "stored"),
            sparkline=True,
            unit=RECORDS_PER_SECOND,
            width=4,
            steps=ALIVE,
            no_value="no worker",
            leads_to=operations,
            description=(
                "Records stored in each second of the last minute. Red: none are, or no worker "
                "answers; see the Operations dashboard."
            ),
        ),
        stat(
            "Oldest stream",
            sql["oldest"],
            unit=SECONDS,
            decimals=0,
            width=4,
            steps=("green", (60, "orange"), (300, "red")),
            no_value="nothing stored",
            leads_to=operations,
            description=(
                "How old the newest stored record is of the stream that is furthest behind; those "
                "of HEADRACE_QUIET_STREAMS are left out. Red from five minutes: it is silent, or "
                "not stored; see Newest records on the Operations dashboard."
            ),
        ),
        stat(
            "Traffic",
            sql["traffic"],
            sparkline=True,
            unit=MBPS,
            width=4,
            steps=ALIVE,
            no_value="no traffic",
            leads_to=steering,
            description=(
                "What all CDNs carried together in the last full window. Red: nothing, or no event "
                "of a player arrives."
            ),
        ),
        stat(
            "Further sinks that wait",
            Promql(f"sum(max by (role) (headrace_sink_waiting{{{SINKS}}}))", instant=True),
            unit=NO_UNIT,
            width=4,
            steps=("green", (1, "red")),
            no_value="no sink",
            nothing="blue",
            leads_to=uids.path(uids.SINKS),
            description=(
                "Sinks beside PostgreSQL that cannot store now. Red: mend their server or disk; "
                "the Sinks dashboard names them. One without a worker is an alert."
            ),
        ),
        stat(
            "Sources that wait",
            Promql(waiting_sources(f"{{{SOURCES}}}"), instant=True),
            unit=NO_UNIT,
            width=4,
            steps=("green", (1, "red")),
            no_value="no source",
            nothing="blue",
            leads_to=uids.path(uids.WAYS_IN),
            description=(
                "Sources of which something cannot be read now. Red: the Ways in dashboard names "
                "them, and shows the edge too; /readyz of the source says what it waits for."
            ),
        ),
        stat(
            "Alerts that fire",
            Promql(f"count({_FIRING}) or vector(0)", instant=True),
            unit=NO_UNIT,
            width=4,
            steps=("green", (1, "red")),
            no_value="no Prometheus",
            leads_to=operations,
            description="Alerts of Prometheus. Red: which ones stands below; each has a runbook.",
        ),
    ]


def _streams(sql: dict[str, Sql]) -> list[Panel]:
    return [
        timeline(
            "Rows a minute, by stream",
            sql["streams"],
            unit=EVENTS_PER_MINUTE,
            steps=ALIVE,
            width=16,
            leads_to=uids.path(uids.OPERATIONS),
            no_value="No rows in this range",
            description=(
                "Rows of each full minute of event time, of the last 24 hours at most. Red: none. "
                "What comes late fills it again."
            ),
        ),
        table(
            "Fires now",
            Promql(
                f"sum by (alertname, severity, stream, role, cdn, product) ({_FIRING})",
                instant=True,
                kind=PromQueryFormat.TABLE,
            ),
            width=8,
            unit=NO_UNIT,
            no_value="Nothing fires",
            leads_to=uids.path(uids.OPERATIONS),
            description="Each alert with what it is about. What to do: docs/reference/alerts.md.",
        ),
    ]


def _business(sql: dict[str, Sql]) -> list[Panel]:
    steering = uids.path(uids.STEERING)
    return [
        timeseries(
            "Traffic by CDN",
            sql["traffic_by_cdn"],
            unit=MBPS,
            minimum=0,
            stacked=True,
            width=16,
            colours=CDNS,
            leads_to=steering,
            description="Mean Mbit/s of each full window, one CDN on the other.",
        ),
        table(
            "CDNs",
            sql["cdns"],
            width=8,
            columns=[
                column("Traffic", MBPS, decimals=1),
                column("Used", PERCENT, decimals=0, steps=LOAD),
                column("Bitrate", MBPS, decimals=2),
                link(
                    "CDN",
                    "Only ${__value.text}",
                    f"{steering}?var-cdn=${{__value.text}}&${{__url_time_range}}",
                ),
            ],
            leads_to=uids.path(uids.QUALITY),
            description=(
                "The last full window: what each carries, the part of its capacity that is used, "
                "and the mean bitrate of a session. Red: above 90 %; a click on a CDN leads there."
            ),
        ),
        *(
            timeseries(
                title,
                sql[name],
                unit=EVENTS_PER_MINUTE,
                minimum=0,
                width=6,
                colours=MEDIA_EVENTS | USER_EVENTS,
                leads_to=uids.path(uid),
                description=f"{title} of each full window, by minute. More: the title's link.",
            )
            for title, name, uid in (
                ("Plays, pauses and stops", "media", uids.MEDIA),
                ("Views, clicks and scrolls", "activity", uids.ACTIVITY),
                ("Articles bought", "purchases", uids.PURCHASES),
                ("Trades", "trades", uids.MARKETS),
            )
        ),
    ]
