"""Media: what is played, paused and stopped, where and in which language."""

from grafana_foundation_sdk.models.dashboard import Dashboard, Panel

from grafana import uids
from grafana.board import Row, board
from grafana.colours import CONTENT_TYPES, MEDIA_EVENTS
from grafana.looks import ALIVE, COUNT, EVENTS_PER_MINUTE, EXACT, NO_UNIT, column
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
            unit=EVENTS_PER_MINUTE,
            width=8,
            steps=ALIVE,
            description=(
                "Playbacks that began in the last full window, a minute. Red: none did. Look at "
                "the Operations dashboard whether events arrive; if they do, viewers cannot start."
            ),
        ),
        stat(
            "Stops",
            sql["stops_now"],
            unit=EVENTS_PER_MINUTE,
            width=8,
            description=(
                "Playbacks that ended in the last full window, a minute. Many more than plays: "
                "something throws viewers out; compare with Content steering."
            ),
        ),
        stat(
            "Plays per pause or stop",
            sql["plays_per_end"],
            unit=NO_UNIT,
            decimals=2,
            width=8,
            steps=("red", (0.5, "orange"), (0.7, "green"), (1.25, "orange"), (2, "red")),
            no_value="no pauses or stops",
            nothing="text",
            description=(
                "Over the whole range. A resume is a play too, so that each play ends in a pause "
                "or a stop: a little below 1, since some stop while paused. Red below 0.5: far "
                "more ends than begins are reported. Red above 2: ends are lost, or apps end "
                "without one; see which platform changed."
            ),
        ),
    ]


def _rates(sql: dict[str, Sql]) -> list[Panel]:
    return [
        timeseries(
            "Events by type",
            sql["events_by_type"],
            colours=MEDIA_EVENTS,
            unit=EVENTS_PER_MINUTE,
            minimum=0,
            description=(
                "Plays, pauses and stops of each full window, a minute. All fall together: see "
                "whether events arrive, on the Operations dashboard."
            ),
        ),
        timeseries(
            "Events by content",
            sql["events_by_content_type"],
            colours=CONTENT_TYPES,
            unit=EVENTS_PER_MINUTE,
            minimum=0,
            description="The same by kind of content: movies, episodes and ads.",
        ),
        timeseries(
            "Play-to-stop balance",
            sql["balance"],
            colours=MEDIA_EVENTS,
            unit=EVENTS_PER_MINUTE,
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
                "The twenty titles of the chosen kinds that began most often in the range. A "
                "balance as high as its plays: nobody's end of this title is reported."
            ),
        ),
        bars(
            "By platform, last 15 minutes",
            sql["by_platform"],
            named_by="Platform",
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
            colours=MEDIA_EVENTS,
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
