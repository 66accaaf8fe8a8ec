"""`purchases`: what a shop sold, exact to the cent."""

from typing import Annotated

from pydantic import Field

from models.events import Event, Together
from models.money import fits, minor_units
from models.streams import Headline, Stream
from models.types import Country, Currency, EventTime, Number, Text, number
from models.windows import Sum, Window


class Purchase(Event):
    """One article in one purchase. Amounts have no more decimals than their currency."""

    event_time: Annotated[EventTime, Field(description="when it was bought")]
    purchase_id: Annotated[
        Text, Field(min_length=1, max_length=128, description="the shop's own; of all its articles")
    ]
    user_id: Annotated[Text, Field(min_length=1, max_length=128, description="who bought it")]
    country: Annotated[Country, Field(description="where it was bought")]
    product: Annotated[Text, Field(min_length=1, max_length=256, description="name of the article")]
    category: Annotated[Text, Field(min_length=1, max_length=128, description="kind of article")]
    quantity: Annotated[int, Field(ge=1, le=1_000_000, description="pieces")]
    unit_price: Annotated[
        Number, number("0", "1000000000", places=4), Field(description="of one piece, in currency")
    ]
    currency: Annotated[Currency, Field(description="of both amounts")]
    amount: Annotated[
        Number,
        number("0", "1000000000000", places=4),
        Field(description="paid in all, in currency"),
    ]

    together = (Together(("unit_price", "currency"), fits), Together(("amount", "currency"), fits))


PURCHASES = Stream(
    topic="purchases",
    event=Purchase,
    event_time="event_time",
    key="purchase_id",
    windows=(
        Window(
            "purchases_by_country",
            keys=("country", "currency"),
            measures=(
                Sum("purchases"),
                Sum("quantity", of=("quantity",)),
                Sum(
                    "amount_minor",
                    of=("amount", "currency"),
                    value=minor_units,
                    sql="(amount * 10 ^ minor_units(currency)::numeric)::int8",
                ),
            ),
        ),
    ),
    headline=Headline(
        "top country {key}, {value:,.0f} purchases", window="purchases_by_country", by="purchases"
    ),
)
