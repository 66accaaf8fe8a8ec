"""The windows that purchases must add up to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from generator.countries import Country
from generator.truth import View, exact, window_key


class Row(NamedTuple):
    """What an accepted purchase adds up to; `paid` is in cents, yen, fils."""

    minute: int
    country: Country
    quantity: int
    paid: int


@dataclass(slots=True)
class PurchaseWindows:
    """`purchases_by_country`: [purchases, quantity, amount] by minute, country and currency."""

    by_country: dict[tuple[int, Country], list[int]] = field(default_factory=dict)

    def add(self, row: Row, times: int) -> None:
        window = self.by_country.setdefault((row.minute, row.country), [0, 0, 0])
        window[0] += times
        window[1] += row.quantity * times
        window[2] += row.paid * times

    def views(self) -> Mapping[str, View]:
        return {
            "purchases_by_country": {
                window_key(minute, country.code, country.currency): [
                    purchases,
                    quantity,
                    exact(paid, country.decimals),
                ]
                for (minute, country), (purchases, quantity, paid) in self.by_country.items()
            }
        }
