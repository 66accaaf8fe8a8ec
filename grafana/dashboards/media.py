"""Media: what is played, paused and stopped, where and in which language."""

from grafana_foundation_sdk.models.dashboard import Dashboard, Panel

from grafana import uids
from grafana.board import Row, board
from grafana.looks import COUNT, EXACT, NO_UNIT, PER_MINUTE, column
from grafana.panels import bars, pie, stat, table, timeseries
from grafana.queries import Sql, statements
from grafana.variables import several


def dashboard() -> Dashboard:
    sql = statements("media")
    return board(
        uids.MEDIA,
        "Media",
        description="What is played, paused and stopped, where and in which language.",
        variables=[
            several("event_type", "Event", sql["event_types"]),
            several("content_type", "Content", sql["content_types"]),
        ],
        rows=[
            Row("Now", _now(sql)),
            Row("Rates", _rates(sql)),
            Row("What, where, in which language", _what(sql)),
            Row("Last seven days, by hour", _week(sql)),
        ],
    )


def _now(sql: dict[str, Sql]) -> list[Panel]:
    return [
        stat(
            "Plays",
            sql["plays_now"],
            unit=PER_MINUTE,
            width=8,
            steps=("red", (1, "green")),
            description=(
                "Playbacks that began in the last full window, a minute. Red: none did. Look at "
                "the Operations dashboard whether events arrive; if they do, viewers cannot start."
            ),
        ),
        stat(
            "Stops",
            sql["stops_now"],
            unit=PER_MINUTE,
            width=8,
            description=(
                "Playbacks that ended in the last full window, a minute. Many more than plays: "
                "something throws viewers out; compare with Content steering."
            ),
        ),
        stat(
            "Plays per stop",
            sql["plays_per_stop"],
            unit=NO_UNIT,
            decimals=2,
            width=8,
            steps=("red", (0.5, "orange"), (0.8, "green"), (1.25, "orange"), (2, "red")),
            no_value="no stops",
            description=(
                "Over the whole range; near 1 when as many begin as end. Red below 0.5: far more "
                "ends than begins are reported. Red above 2: stops are lost, or apps end without "
                "one; see which platform changed."
            ),
        ),
    ]


def _rates(sql: dict[str, Sql]) -> list[Panel]:
    return [
        timeseries(
            "Events by type",
            sql["events_by_type"],
            unit=PER_MINUTE,
            minimum=0,
            description=(
                "Plays, pauses and stops of each full window, a minute. All fall together: see "
                "whether events arrive, on the Operations dashboard."
            ),
        ),
        timeseries(
            "Events by content",
            sql["events_by_content_type"],
            unit=PER_MINUTE,
            minimum=0,
            description="The same by kind of content: movies, episodes and ads.",
        ),
        timeseries(
            "Play-to-stop balance",
            sql["balance"],
            unit=PER_MINUTE,
            width=24,
            description=(
                "Plays, stops, and plays less stops of each full window, a minute: above zero the "
                "audience grows. Far below zero for minutes: viewers leave at once; compare with "
                "Content steering."
            ),
        ),
    ]


def _what(sql: dict[str, Sql]) -> list[Panel]:
    return [
        table(
            "Most watched",
            sql["most_watched"],
            height=12,
            columns=[column("Plays", EXACT), column("Stops", EXACT), column("Balance", EXACT)],
            description=(
                "The twenty titles that began most often in the range, events of all types. A "
                "balance as high as its plays: nobody's end of this title is reported."
            ),
        ),
        bars(
            "By platform, last 15 minutes",
            sql["by_platform"],
            unit=COUNT,
            width=6,
            height=12,
            description=(
                "Events by the program that sent them (event_source). A platform that is missing "
                "has stopped to report: ask who released it last."
            ),
        ),
        pie(
            "By language, last 15 minutes",
            sql["by_language"],
            unit=COUNT,
            width=6,
            height=12,
            description=(
                "Events by the language of the content. One jumps alone: look for a robot in "
                "media_events."
            ),
        ),
    ]


def _week(sql: dict[str, Sql]) -> list[Panel]:
    return [
        timeseries(
            "Events by type, by hour",
            sql["week_by_type"],
            every="hour",
            unit=COUNT,
            minimum=0,
            width=24,
            of="now-7d",
            description=(
                "Events of each full hour, always of the last seven days: what is usual at this "
                "time of day."
            ),
        ),
    ]
