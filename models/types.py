"""Field types that events share, with one meaning in pydantic, msgspec and PostgreSQL.

A type's own check is an AfterValidator: pydantic calls it for the contract, and the fast decoder
calls the very same function for each different value (models/contract.py). It returns the value as
it is, or raises ValueError.
"""

import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Context, Decimal, Inexact, InvalidOperation, Rounded, localcontext
from functools import cache
from typing import Annotated, Any, Literal

import msgspec
from pydantic import AfterValidator, BeforeValidator, GetJsonSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema

Kind = Literal[
    "text", "int4", "int8", "float8", "numeric", "timestamptz", "inet", "text[]", "jsonb"
]
"""Column types of the raw tables, by PostgreSQL's names."""


@dataclass(frozen=True, slots=True)
class StoredAs:
    """How a field stands in the raw table, where its own name or type does not say it."""

    name: str = ""
    kind: Kind | None = None


_RFC3339 = Annotated[datetime, msgspec.Meta(tz=True)]


def _parse_rfc3339(value: Any) -> datetime:
    # One parser for the contract and for the fast decoder: two would disagree at the edges
    # (pydantic alone also takes 1700000000, "2026-11-22T10:05Z" and a decimal comma).
    try:
        return msgspec.convert(value, _RFC3339)
    except msgspec.ValidationError as error:
        raise ValueError(
            f"{error}; expected RFC 3339 with a time zone, like 2026-11-22T10:05:00.123Z"
        ) from error


def storable(value: str) -> str:
    """Refuse what no text column takes."""
    if "\0" in value:
        raise ValueError("contains a NUL character, which PostgreSQL cannot store")
    return value


def _address(value: str) -> str:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, value)
        except (OSError, ValueError):  # ValueError: a NUL or a surrogate
            continue
        return value
    raise ValueError("no IP address; expected one like 192.0.2.1 or 2001:db8::1")


def _country(value: str) -> str:
    if value not in _countries():
        raise ValueError("no country; expected ISO 3166-1 alpha-2, like DE")
    return value


def _currency(value: str) -> str:
    if value not in _currencies():
        raise ValueError("no currency; expected ISO 4217, like EUR")
    return value


@cache
def _countries() -> frozenset[str]:
    import pycountry  # noqa: PLC0415 - reads its data when it is imported

    return frozenset(country.alpha_2 for country in pycountry.countries)


@cache
def _currencies() -> frozenset[str]:
    import pycountry  # noqa: PLC0415 - as above

    return frozenset(currency.alpha_3 for currency in pycountry.currencies)


@dataclass(frozen=True, slots=True)
class Checked(AfterValidator):
    """A check that returns the value as it is, and the nearest that JSON Schema can say of it."""

    words: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), **self.words}


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a Decimal may be; called for one it tells more than `all` does for many."""

    low: Decimal
    high: Decimal
    places: int

    def __call__(self, value: Decimal) -> Decimal:
        # a zero is within any bounds, but 0e999999999 has too many digits for PostgreSQL
        if not (
            value.is_finite()
            and self.low <= value <= self.high
            and value.adjusted() <= self.high.adjusted()
        ):
            raise ValueError(f"must be a number from {self.low:f} to {self.high:f}")
        if -int(value.as_tuple().exponent) > self.places:
            raise ValueError(f"must have at most {self.places} decimals")
        return value

    def all(self, values: Sequence[Decimal]) -> None:
        """Check many without a look at each. Raises ValueError or ArithmeticError."""
        if not (self.low <= min(values) and max(values) <= self.high):
            raise ValueError("a number is out of bounds")
        if max(map(Decimal.adjusted, values)) > self.high.adjusted():
            raise ValueError("a zero has too many digits")
        # an exact sum has as many decimals as the one that has most (as_tuple costs ten additions)
        with localcontext(_EXACT):
            total = sum(values, Decimal(0))
        if -int(total.as_tuple().exponent) > self.places:
            raise ValueError("a number has too many decimals")

    def words(self) -> dict[str, Any]:
        """Say it in JSON Schema; as a string, since a JSON number may be rounded on its way."""
        sign = "-?" if self.low < 0 else ""
        decimals = rf"(\.[0-9]{{1,{self.places}}})?" if self.places else ""
        low, high = (_as_json(bound) for bound in (self.low, self.high))
        return {
            "anyOf": [
                {"type": "number", "minimum": low, "maximum": high},
                {"type": "string", "pattern": f"^{sign}[0-9]+{decimals}$"},
            ],
            "$comment": f"from {self.low:f} to {self.high:f}, at most {self.places} decimals",
        }


def _as_json(bound: Decimal) -> int | float:
    return int(bound) if bound == int(bound) else float(bound)


_EXACT = Context(prec=60, traps=[Inexact, InvalidOperation, Rounded])


def number(least: str, most: str, places: int) -> AfterValidator:
    """Bound a Decimal, ends included; as text, since a float would not say it exactly."""
    bounds = Bounds(Decimal(least), Decimal(most), places)
    return Checked(bounds, bounds.words())


EventTime = Annotated[
    datetime,
    BeforeValidator(_parse_rfc3339),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""RFC 3339 with any offset and up to nine fractional digits, rounded to microseconds."""

Text = Annotated[str, Checked(storable, {"pattern": r"^[^\u0000]*$"})]
"""A string without NUL."""

IpAddress = Annotated[
    str,
    Checked(_address, {"anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]}),
    StoredAs(kind="inet"),
]
"""An IPv4 or IPv6 address."""

Country = Annotated[
    str, Checked(_country, {"pattern": "^[A-Z]{2}$", "$comment": "ISO 3166-1 alpha-2"})
]
"""ISO 3166-1 alpha-2."""

Currency = Annotated[str, Checked(_currency, {"pattern": "^[A-Z]{3}$", "$comment": "ISO 4217"})]
"""ISO 4217."""

Number = Decimal
"""A JSON number or a string with one, read exactly; always with `number(...)` beside it."""

Check = Callable[[Any], Any]
