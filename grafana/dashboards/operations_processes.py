"""Panels of Operations: processes, what is stored, and the business by Prometheus alone."""

from grafana_foundation_sdk.models.dashboard import Panel

from grafana import uids
from grafana.colours import CDNS, CONTENT_TYPES, MEDIA_EVENTS, PRODUCTS, STREAMS, USER_EVENTS
from grafana.dashboards.operations_promql import CHOSEN, OF_CORE
from grafana.looks import (
    BYTES,
    COUNT,
    EVENTS_PER_MINUTE,
    MBPS,
    NO_UNIT,
    RECORDS_PER_SECOND,
    SECONDS,
    column,
    link,
    states,
)
from grafana.panels import table, timeseries
from grafana.queries import Promql, Sql
from grafana.timelines import timeline

_OURS = '{job=~"headrace-.*"}'


def processes() -> list[Panel]:
    by_instance = "{{job}} {{instance}}"
    return [
        timeline(
            "Partitions held",
            Promql(
                f"sum by (stream, instance) (headrace_partitions{CHOSEN})",
                "{{stream}} {{instance}}",
            ),
            unit=NO_UNIT,
            width=8,
            description=(
                "Partitions that some worker holds. Below the topic's number: a worker is starting "
                "or gone; after the session timeout others take over."
            ),
        ),
        timeseries(
            "Rebalances",
            Promql(
                "sum by (instance) "
                f"(increase(headrace_rebalances_total{OF_CORE}[$__rate_interval])) > 0",
                "{{instance}}",
            ),
            unit=NO_UNIT,
            minimum=0,
            style="bars",
            width=8,
            description=(
                "Times that partitions were handed out anew. Some at a start or a deploy; again "
                "and again: a worker restarts or answers too late, read its log."
            ),
        ),
        timeline(
            "Ready, by process",
            Promql(
                f"headrace_ready{_OURS} or on (job, instance) (up{_OURS} - 1 == -1)", by_instance
            ),
            unit=NO_UNIT,
            steps=("red", (1, "green")),
            states=states(
                **{"v-1": ("does not answer", "dark-red")},
                v0=("not ready", "red"),
                v1=("ready", "green"),
            ),
            width=8,
            description=(
                "What /readyz says. Red for long: ask http://<instance>/readyz for the reasons. "
                "Dark red: the process does not answer."
            ),
        ),
        timeseries(
            "Memory",
            Promql(f"headrace_process_resident_memory_bytes{_OURS}", by_instance),
            unit=BYTES,
            minimum=0,
            width=8,
            description=(
                "What each process holds. A worker stays below 300 MB and flat; if it grows for "
                "hours, report it and start the worker again: nothing is lost."
            ),
        ),
        timeseries(
            "CPU",
            Promql(
                f"rate(headrace_process_cpu_seconds_total{_OURS}[$__rate_interval])", by_instance
            ),
            unit=NO_UNIT,
            minimum=0,
            width=8,
            description=(
                "Cores that each process uses. A worker at one has no more to give: if Lag grows, "
                "start another."
            ),
        ),
        timeseries(
            "Generator",
            Promql(
                "sum by (stream) (rate(headrace_generator_records_total[$__rate_interval]))",
                "{{stream}}",
            ),
            Promql(
                "sum by (stream) "
                "(rate(headrace_generator_bad_records_total[$__rate_interval])) > 0",
                "{{stream}}, no events on purpose",
            ),
            unit=RECORDS_PER_SECOND,
            colours=STREAMS,
            minimum=0,
            width=8,
            description=(
                "What the simulated clients send and the broker has acknowledged. Empty where no "
                "generator runs, as in production."
            ),
        ),
    ]


def stored(sql: dict[str, Sql]) -> list[Panel]:
    return [
        timeseries(
            "Rows by minute",
            sql["rows_by_minute"],
            colours=STREAMS,
            every="minute",
            unit=COUNT,
            minimum=0,
            description=(
                "What the database holds of each minute of event time, zeros included. A dip that "
                "stays: nothing was sent then; what comes late fills it."
            ),
        ),
        table(
            "Newest records",
            sql["newest"],
            columns=[
                column("Age", SECONDS, decimals=0, steps=("green", (60, "orange"), (300, "red"))),
                column("Records", COUNT),
            ],
            description=(
                "How far each topic is stored. Red: nothing newer than five minutes is stored; no "
                "fault where the stream is quiet, otherwise see Lag."
            ),
        ),
        table(
            "Dead letters with their reasons",
            sql["refused"],
            columns=[
                column("Records", COUNT),
                link(
                    "Reason",
                    "Show these records",
                    f"{uids.path(uids.OPERATIONS)}?var-reason=${{__value.text}}&${{__url_time_range}}",
                ),
            ],
            no_value="No errors in this range",
            description=(
                "Dead letters of the range by reason, with the words of the latest. Tell whoever "
                "produces them. A click on a reason shows the records in the next table."
            ),
        ),
        table(
            "Dead letters, one by one",
            sql["refused_rows"],
            columns=[column("Offset", NO_UNIT), column("Partition", NO_UNIT)],
            no_value="No errors in this range",
            description=(
                "The latest fifty of the chosen reason, with the begin of their bytes. All of them "
                "are in event_dead_letters, with every byte."
            ),
        ),
        timeseries(
            "Database size",
            Promql("max(headrace_database_bytes)", "holds"),
            Promql("max(headrace_database_bytes_allowed) > 0", "may hold"),
            unit=BYTES,
            minimum=0,
            description=(
                "Bytes on the database's disk, and HEADRACE_DATABASE_BYTES_ALLOWED where it is "
                "set. An alert fires at 90 %: shorten the retention "
                "(docs/guides/retention.md) or raise "
                "both."
            ),
        ),
    ]


def business() -> list[Panel]:
    minute = "60 * sum by ({by}) (rate({metric}[$__rate_interval]))"
    return [
        timeseries(
            "Traffic by CDN",
            Promql(
                "sum by (cdn) (rate(headrace_traffic_kilobits_total[$__rate_interval])) / 1000",
                "{{cdn}}",
            ),
            unit=MBPS,
            minimum=0,
            stacked=True,
            colours=CDNS,
            width=8,
            description=(
                "As it is stored, so a backlog shows as a peak; Content steering has it by event "
                "time, exactly."
            ),
        ),
        timeseries(
            "Concurrent sessions by CDN",
            Promql(
                "sum by (cdn) (rate(headrace_session_seconds_total[$__rate_interval]))", "{{cdn}}"
            ),
            unit=COUNT,
            minimum=0,
            colours=CDNS,
            width=8,
            description=(
                "Seconds of viewing in each second. All fall at once: see Records read, above."
            ),
        ),
        timeseries(
            "Media events by type",
            Promql(
                minute.format(by="event_type", metric="headrace_media_events_total"),
                "{{event_type}}",
            ),
            unit=EVENTS_PER_MINUTE,
            minimum=0,
            colours=MEDIA_EVENTS,
            width=8,
            description=(
                "Plays, pauses and stops a minute. Stops far above plays: viewers give up; see "
                "Traffic by CDN."
            ),
        ),
        timeseries(
            "Plays by kind of content",
            Promql(
                "60 * sum by (content_type) "
                '(rate(headrace_media_events_total{event_type="play"}[$__rate_interval]))',
                "{{content_type}}",
            ),
            unit=EVENTS_PER_MINUTE,
            minimum=0,
            colours=CONTENT_TYPES,
            width=8,
            description=("Plays a minute. One kind at zero: see whether its clients send."),
        ),
        timeseries(
            "User events by type",
            Promql(
                minute.format(by="event_type", metric="headrace_user_events_total"),
                "{{event_type}}",
            ),
            unit=EVENTS_PER_MINUTE,
            minimum=0,
            colours=USER_EVENTS,
            width=8,
            description="Clicks, views and scrolls a minute. One at zero: its tracking is broken.",
        ),
        timeseries(
            "Purchases by country",
            Promql(minute.format(by="country", metric="headrace_purchases_total"), "{{country}}"),
            unit=EVENTS_PER_MINUTE,
            minimum=0,
            width=8,
            description=(
                "Articles bought, a minute; after 100 countries the rest is other. One country at "
                "zero: see whether its shop sends."
            ),
        ),
        timeseries(
            "Paid by currency",
            Promql(
                minute.format(by="currency", metric="headrace_purchases_amount_minor_total"),
                "{{currency}}",
            ),
            unit=COUNT,
            minimum=0,
            width=12,
            description=(
                "Minor units a minute: cents, yen, fils; not to be added up over currencies. The "
                "Purchases dashboard has amounts."
            ),
        ),
        timeseries(
            "Trades by product",
            Promql(minute.format(by="product", metric="headrace_trades_total"), "{{product}}"),
            unit=EVENTS_PER_MINUTE,
            minimum=0,
            colours=PRODUCTS,
            width=12,
            description=(
                "Trades a minute. All products stop at once: the connection to the exchange broke."
            ),
        ),
    ]
