"""User activity: how much is clicked, viewed and scrolled, and by whom most."""

from grafana_foundation_sdk.models.dashboard import Dashboard, Panel

from grafana import uids
from grafana.board import Row, board
from grafana.colours import USER_EVENTS
from grafana.looks import ALIVE, COUNT, EVENTS_PER_MINUTE, EXACT, second_axis
from grafana.panels import bars, pie, stat, timeseries
from grafana.queries import Sql, statements
from grafana.variables import several


def dashboard() -> Dashboard:
    sql = statements("user_activity")
    return board(
        uids.ACTIVITY,
        "User activity",
        description="How much is clicked, viewed and scrolled, and by whom most.",
        variables=[several("event_type", "Event", sql["event_types"])],
        rows=[
            Row("Today", _today(sql)),
            Row("Events", _events(sql)),
            Row("Growth", _growth(sql)),
        ],
    )


def _today(sql: dict[str, Sql]) -> list[Panel]:
    return [
        stat(
            "Events today, so far",
            sql["counted"],
            unit=EXACT,
            width=8,
            of="now/d",
            description=(
                "Since midnight where you are, the unfinished window included. Far below "
                "yesterday's: see whether events arrive, on the Operations dashboard."
            ),
        ),
        stat(
            "Same part of yesterday",
            sql["counted"],
            unit=EXACT,
            width=8,
            of="now/d",
            earlier="1d",
            description="Events of the same part of yesterday, to compare today's with.",
        ),
        stat(
            "Rate",
            sql["rate_now"],
            unit=EVENTS_PER_MINUTE,
            width=8,
            steps=ALIVE,
            description=(
                "Events in the last full window, a minute. Red: none. Look at the Operations "
                "dashboard; if this stream is meant to be quiet now, all is well."
            ),
        ),
    ]


def _events(sql: dict[str, Sql]) -> list[Panel]:
    return [
        timeseries(
            "Events a minute",
            sql["rate"],
            colours=USER_EVENTS,
            unit=EVENTS_PER_MINUTE,
            minimum=0,
            width=24,
            description=(
                "Events of each full window by type, a minute. A gap: no event of this type came. "
                "One type falls alone: a page has changed, or its script is broken."
            ),
        ),
        pie(
            "Distribution by type",
            sql["distribution"],
            colours=USER_EVENTS,
            unit=COUNT,
            description=(
                "Events by type in the whole range. Many more scrolls and views than usual with "
                "few clicks: a page that people read but do not use."
            ),
        ),
        bars(
            "Top five users, last hour",
            sql["top_users"],
            named_by="User",
            unit=COUNT,
            description=(
                "Users with the most events in the hour before now. One far before all others is a "
                "robot or a broken client: look for it in user_activity."
            ),
        ),
    ]


def _growth(sql: dict[str, Sql]) -> list[Panel]:
    return [
        timeseries(
            "Data volume, 30 days",
            sql["growth"],
            every="day",
            unit=COUNT,
            minimum=0,
            style="bars",
            of="now-30d",
            columns=[second_axis("Together", COUNT)],
            description=(
                "Events stored on each day (UTC), today's so far, and their sum since the begin of "
                "the 30 days on the right axis. Steeper than planned: `headrace storage` tells "
                "what it weighs and when the disk is full."
            ),
        ),
        timeseries(
            "Events by hour, seven days",
            sql["by_hour"],
            colours=USER_EVENTS,
            every="hour",
            unit=COUNT,
            minimum=0,
            of="now-7d",
            description="Events of each full hour by type: what is usual at this time of day.",
        ),
    ]
