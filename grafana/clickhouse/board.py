"""On ClickHouse: what a ClickHouse sink holds, asked where it is stored."""

from pathlib import Path

from grafana_foundation_sdk.models.dashboard import Dashboard, Panel

from db.queries import load
from grafana import uids
from grafana.board import Row, board
from grafana.colours import CDNS, PRODUCTS
from grafana.looks import BYTES, COUNT, EXACT, MBPS, PRICE, SECONDS, column
from grafana.panels import table, timeseries
from grafana.queries import ClickhouseSql

_BITS_PER_SECOND = "bps"


def dashboard() -> Dashboard:
    sql = {
        name: ClickhouseSql(text)
        for name, text in load(Path(__file__).with_name("board.sql")).items()
    }
    return board(
        uids.ON_CLICKHOUSE,
        "On ClickHouse",
        description="What the ClickHouse sink holds of content_sessions and market_ticks.",
        since="now-1h",
        rows=[
            Row("Storing", _storing(sql)),
            Row("What was seen", _seen(sql)),
            Row("What is stored", _stored(sql)),
        ],
    )


def _storing(sql: dict[str, ClickhouseSql]) -> list[Panel]:
    return [
        timeseries(
            "Records by minute of storing",
            sql["stored_by_minute"],
            every="minute",
            unit=COUNT,
            minimum=0,
            description=(
                "Records of content_sessions by the minute in which they came into ClickHouse. A "
                "gap: nothing was stored then; dashboard Sinks says why."
            ),
        ),
        timeseries(
            "From Kafka to ClickHouse",
            sql["seconds_late"],
            every="minute",
            unit=SECONDS,
            minimum=0,
            description=(
                "Seconds from a record's timestamp to its being stored, in whole seconds. High "
                "after a standstill, while the backlog is stored."
            ),
        ),
    ]


def _seen(sql: dict[str, ClickhouseSql]) -> list[Panel]:
    return [
        timeseries(
            "Traffic by CDN, from ClickHouse",
            sql["traffic"],
            every="minute",
            unit=MBPS,
            minimum=0,
            colours=CDNS,
            description=(
                "The same numbers as in Content steering, counted by ClickHouse. They differ: see "
                "Lag by sink; when it is zero they are equal."
            ),
        ),
        timeseries(
            "Prices by product, from ClickHouse",
            sql["closes"],
            every="minute",
            unit=PRICE,
            colours=PRODUCTS,
            description=(
                "The last price of each minute, of candles_by_product. Empty: the sink does not "
                "store market_ticks (streams in headrace.yaml)."
            ),
        ),
        table(
            "Sessions by channel, from ClickHouse",
            sql["sessions"],
            columns=[column("Sessions", EXACT), column("Mean bitrate", _BITS_PER_SECOND)],
            width=24,
            description=(
                "Sessions of the range, counted by uniq (exact to about one percent), and the mean "
                "of their bitrates, for the twenty channels that have most."
            ),
        ),
    ]


def _stored(sql: dict[str, ClickhouseSql]) -> list[Panel]:
    return [
        table(
            "Dead letters, from ClickHouse",
            sql["letters"],
            columns=[column("Records", EXACT)],
            no_value="No errors in this range",
            description=(
                "Records of content_sessions that are no events, by reason. The view "
                "content_sessions_dead_letters has each with its payload."
            ),
        ),
        table(
            "Tables of the sink",
            sql["tables"],
            columns=[
                column("Rows", EXACT),
                column("Bytes", BYTES),
                column("Bytes a row", BYTES, decimals=1),
            ],
            description=(
                "Rows and compressed bytes of each table, projections included. Too much: set the "
                "sink's ttl_days, then headrace migrate --sink NAME."
            ),
        ),
    ]
