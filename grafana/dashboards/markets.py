"""Markets: prices as candles, and whether every trade of the exchange arrives."""

from grafana_foundation_sdk.models.dashboard import Dashboard, Panel

from grafana import uids
from grafana.board import Row, board
from grafana.candles import candles
from grafana.colours import PRODUCTS
from grafana.looks import (
    ALIVE,
    COUNT,
    EVENTS_PER_MINUTE,
    EXACT,
    NO_UNIT,
    PERCENT,
    PRICE,
    PRICE_DECIMALS,
    SECONDS,
    column,
)
from grafana.panels import stat, table, timeseries
from grafana.queries import Sql, statements
from grafana.variables import one, several


def dashboard() -> Dashboard:
    sql = statements("markets")
    return board(
        uids.MARKETS,
        "Markets",
        description="Prices as candles, and whether every trade of the exchange arrives.",
        variables=[
            one("product_of_candles", "Candles of", sql["products"]),
            several("product", "Products", sql["products"]),
        ],
        rows=[
            Row("$product_of_candles", _of_one(sql)),
            Row("Chosen products", _of_several(sql)),
            Row("Does everything arrive?", _arrival(sql)),
        ],
    )


def _of_one(sql: dict[str, Sql]) -> list[Panel]:
    return [
        candles(
            "$product_of_candles by window",
            sql["candles"],
            unit=PRICE,
            decimals=PRICE_DECIMALS,
            width=16,
            height=12,
            description=(
                "Open, high, low and close of each full window in the quote currency, the volume "
                "below. A gap: nothing was traded, or nothing arrived; see below."
            ),
        ),
        candles(
            "$product_of_candles by hour, seven days",
            sql["candles_by_hour"],
            unit=PRICE,
            decimals=PRICE_DECIMALS,
            width=8,
            height=12,
            of="now-7d",
            description="The same by full hour, always of the last seven days.",
        ),
    ]


def _of_several(sql: dict[str, Sql]) -> list[Panel]:
    return [
        table(
            "Summary of the range",
            sql["summary"],
            width=24,
            columns=[
                column("Last", PRICE, decimals=PRICE_DECIMALS),
                column("Change", PERCENT, decimals=2),
                column("High", PRICE, decimals=PRICE_DECIMALS),
                column("Low", PRICE, decimals=PRICE_DECIMALS),
                column("Volume", PRICE, decimals=PRICE_DECIMALS),
                column("Trades", EXACT),
                column("Missing", EXACT, steps=("transparent", (1, "orange"))),
            ],
            description=(
                "Prices in each product's quote currency, volume in its base currency. Orange: "
                "sequence numbers are missing; see below."
            ),
        ),
        timeseries(
            "Spread in basis points, last hour",
            sql["spread"],
            every="minute",
            unit=NO_UNIT,
            minimum=0,
            colours=PRODUCTS,
            description=(
                "Distance of best ask and best bid in 1/100 % of the price between them, mean of "
                "each full minute. Wide for all products: the exchange has trouble. Wide for one: "
                "it is thinly traded now."
            ),
        ),
        timeseries(
            "Trades a minute",
            sql["trades"],
            colours=PRODUCTS,
            unit=EVENTS_PER_MINUTE,
            minimum=0,
            description=(
                "Trades of each full window, a minute. One product stops while others go on: look "
                "whether it is still subscribed to."
            ),
        ),
    ]


def _arrival(sql: dict[str, Sql]) -> list[Panel]:
    return [
        stat(
            "Rows a minute, last full window",
            sql["rows_now"],
            unit=EVENTS_PER_MINUTE,
            width=8,
            steps=ALIVE,
            description=(
                "Of all products. Red: nothing came. Look at the Operations dashboard whether the "
                "connection to the exchange is up."
            ),
        ),
        stat(
            "Minutes without a row",
            sql["silent_minutes"],
            unit=COUNT,
            width=8,
            steps=("green", (1, "orange"), (5, "red")),
            no_value="no rows",
            description=(
                "In the range, in the last 24 hours at most. Red from five on: the list of gaps "
                "says when; compare with the log of the source."
            ),
        ),
        stat(
            "Sequence numbers missing",
            sql["missing_share"],
            unit=PERCENT,
            decimals=2,
            width=8,
            steps=("green", (1, "orange"), (5, "red")),
            no_value="no trades",
            description=(
                "Part of all sequence numbers of the chosen products that was never seen. Red from "
                "5 % on: trades are lost before Kafka, unless the exchange counts other messages "
                "in the same sequence."
            ),
        ),
        timeseries(
            "Ingestion a minute",
            sql["ingestion"],
            every="minute",
            unit=EVENTS_PER_MINUTE,
            minimum=0,
            style="bars",
            description=(
                "Rows of each full minute, of the last 24 hours at most; a minute without any is "
                "drawn as zero. Holes: see the list of gaps."
            ),
        ),
        table(
            "Gaps",
            sql["gaps"],
            columns=[column("Length", SECONDS)],
            description=(
                "Spells without any row after rows had come, the latest first. None is best. What "
                "came late fills its gap again."
            ),
        ),
        timeseries(
            "Missing sequence numbers",
            sql["missing"],
            stacked=True,
            colours=PRODUCTS,
            unit=COUNT,
            minimum=0,
            style="bars",
            width=24,
            description=(
                "Numbers between those of the trades that were not seen, by full window and "
                "product. What comes late is taken off again. Some in every window: the exchange "
                "counts more than trades. A sudden block: the connection was away; compare with "
                "the gaps."
            ),
        ),
    ]
