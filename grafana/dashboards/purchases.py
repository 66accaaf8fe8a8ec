"""Purchases: what is sold where. Amounts are always of one currency."""

from grafana_foundation_sdk.models.dashboard import Dashboard, Panel

from grafana import uids
from grafana.board import Row, board
from grafana.country_names import country_names
from grafana.geomap import countries
from grafana.looks import EVENTS_PER_MINUTE, EXACT, MONEY, PERCENT, SECONDS, column, names
from grafana.panels import stat, table, timeseries
from grafana.queries import Sql, statements
from grafana.variables import one, several


def dashboard() -> Dashboard:
    sql = statements("purchases")
    return board(
        uids.PURCHASES,
        "Purchases",
        description="What is sold where. Amounts are always of one currency: choose it above.",
        since="now-24h",
        variables=[
            one("currency", "Currency", sql["currencies"]),
            several("country", "Country", sql["countries"]),
        ],
        rows=[
            Row("Whole range, so far", _totals(sql)),
            Row("By country", _by_country(sql)),
            Row("By category and basket", _by_category(sql)),
            Row("By currency, each by itself", _by_currency(sql)),
        ],
    )


def _totals(sql: dict[str, Sql]) -> list[Panel]:
    return [
        stat(
            "Amount, $currency",
            sql["amount"],
            unit=MONEY,
            decimals=2,
            width=6,
            description=(
                "Paid in the range in the chosen currency. Zero: choose another currency or "
                "country above."
            ),
        ),
        stat(
            "Articles, $currency",
            sql["articles"],
            unit=EXACT,
            width=6,
            description=(
                "Articles bought in the range in the chosen currency; a basket has one or more."
            ),
        ),
        stat(
            "Average basket, $currency",
            sql["basket"],
            unit=MONEY,
            decimals=2,
            width=6,
            no_value="no purchases",
            nothing="text",
            description=(
                "Amount of one purchase with all its articles. Jumps: look for a wrong price in "
                "Categories."
            ),
        ),
        stat(
            "Since the last purchase",
            sql["quiet"],
            unit=SECONDS,
            decimals=0,
            width=6,
            steps=("green", (600, "orange"), (1_800, "red")),
            no_value="no purchases",
            description=(
                "How long no shop has sold anything, in any currency or country. Red from half an "
                "hour: see whether events arrive, on the Operations dashboard; if they do, try to "
                "buy something."
            ),
        ),
    ]


def _by_country(sql: dict[str, Sql]) -> list[Panel]:
    return [
        countries(
            "Articles by country, all currencies",
            sql["map"],
            size="Articles",
            columns=[names("country", country_names())],
            unit=EXACT,
            height=12,
            description=(
                "The larger the marker, the more articles were bought there, in whatever currency. "
                "Map and places of countries come with Grafana, so that it needs no internet."
            ),
        ),
        table(
            "Countries, $currency",
            sql["countries_table"],
            height=12,
            columns=[
                names("Country", country_names()),
                column("Articles", EXACT),
                column("Pieces", EXACT),
                column("Amount", MONEY, decimals=2),
                column("Share", PERCENT, decimals=1),
            ],
            description=(
                "Articles, pieces and amount of each country in the chosen currency. A country "
                "that is missing sold nothing in it."
            ),
        ),
        timeseries(
            "Articles a minute by country",
            sql["articles_by_country"],
            unit=EVENTS_PER_MINUTE,
            minimum=0,
            description=(
                "Articles bought a minute, by full hour where the range is long, in all "
                "currencies: the ten countries with the most. One falls to zero alone: its shop or "
                "its payment is down."
            ),
        ),
        timeseries(
            "Amount a minute by country, $currency",
            sql["amount_by_country"],
            unit=MONEY,
            decimals=2,
            minimum=0,
            description=(
                "Paid a minute, by full hour where the range is long, in the chosen currency: the "
                "ten countries with the most."
            ),
        ),
    ]


def _by_category(sql: dict[str, Sql]) -> list[Panel]:
    return [
        table(
            "Categories, $currency",
            sql["categories"],
            columns=[
                column("Articles", EXACT),
                column("Pieces", EXACT),
                column("Amount", MONEY, decimals=2),
                column("Basket", MONEY, decimals=2),
            ],
            description=(
                "Volume and amount by kind of article in the chosen currency, and the mean amount "
                "that one purchase spends in it."
            ),
        ),
        timeseries(
            "Average basket over time, $currency",
            sql["basket_by_time"],
            unit=MONEY,
            decimals=2,
            minimum=0,
            description=(
                "Mean amount of one purchase by minute, or by hour where the range is long. A "
                "step: prices, shipping or a campaign changed; ask who did it."
            ),
        ),
    ]


def _by_currency(sql: dict[str, Sql]) -> list[Panel]:
    return [
        table(
            "Currencies",
            sql["currencies_table"],
            width=24,
            columns=[
                column("Articles", EXACT),
                column("Pieces", EXACT),
                column("Amount", MONEY, decimals=2),
                column("Countries", EXACT),
            ],
            description="Each row has an amount in its own currency: never add them up.",
        ),
    ]
