"""Which type a declared column has in ClickHouse."""

from dataclasses import dataclass, replace
from typing import Any, Literal, get_origin

from annotated_types import Ge, Le, MaxLen

from models.events import EventField, fields_of
from models.streams import Column, Stream
from models.types import Bounds, Checked

_FEW_LETTERS = 64
"""A text that may be no longer is taken for one of few: a platform, a CDN, a product, a currency.

Where that is wrong, LowCardinality is only a little slower than String.
"""

_DIGITS = (18, 38, 76)
"""ClickHouse's decimals are 8, 16 or 32 bytes; the most digits of each."""


@dataclass(frozen=True, slots=True)
class ColumnType:
    """`sql` is its type; `is_one_of_few` whether it makes a good beginning of a sorting key."""

    sql: str
    is_one_of_few: bool = False
    digits: int = 0
    places: int = 0


def column_types(stream: Stream) -> dict[str, ColumnType]:
    """Give each column's type, by its name, in the stream's order."""
    fields = {declared.name: declared for declared in fields_of(stream.event)}
    return {column.name: _type(column, fields.get(column.field)) for column in stream.columns}


def _type(column: Column, declared: EventField | None) -> ColumnType:
    if column.kind == "text[]":
        return ColumnType("Array(String)")  # never null: ClickHouse has no such arrays
    if column.kind == "text" and declared and _is_one_of_few(declared):
        inner = "Nullable(String)" if column.nullable else "String"
        return ColumnType(f"LowCardinality({inner})", is_one_of_few=not column.nullable)
    found = _bare(column, declared)
    if column.nullable:
        return replace(found, sql=f"Nullable({found.sql})")
    return found


def _bare(column: Column, declared: EventField | None) -> ColumnType:
    match column.kind:
        case "timestamptz":
            return ColumnType("DateTime64(6, 'UTC')")
        case "int4" | "int8":
            return ColumnType(_integer(column.kind, declared))
        case "float8":
            return ColumnType("Float64")
        case "numeric":
            return _decimal(declared)
        case _:
            # inet too: as IPv6, 192.0.2.1 would be shown as ::ffff:192.0.2.1
            return ColumnType("String")


def _integer(kind: Literal["int4", "int8"], declared: EventField | None) -> str:
    bounds = declared.metadata if declared else ()
    least: list[Any] = [bound.ge for bound in bounds if isinstance(bound, Ge)]
    most: list[Any] = [bound.le for bound in bounds if isinstance(bound, Le)]
    if not (least and most and least[0] >= 0):
        return "Int32" if kind == "int4" else "Int64"
    return "UInt32" if most[0] < 2**32 else "UInt64"


def _decimal(declared: EventField | None) -> ColumnType:
    for item in declared.metadata if declared else ():
        if isinstance(item, Checked) and isinstance(item.func, Bounds):
            bounds = item.func
            most = max(abs(bounds.low), abs(bounds.high))
            needed = max(most.adjusted() + 1, 1) + bounds.places
            digits = next((one for one in _DIGITS if needed <= one), _DIGITS[-1])
            return _decimal_of(digits, bounds.places)
    return _decimal_of(76, 18)


def _decimal_of(digits: int, places: int) -> ColumnType:
    return ColumnType(f"Decimal({digits}, {places})", digits=digits, places=places)


def _is_one_of_few(declared: EventField) -> bool:
    if get_origin(declared.type) is Literal:
        return True
    for item in declared.metadata:
        if isinstance(item, MaxLen) and item.max_length <= _FEW_LETTERS:
            return True
        if isinstance(item, Checked) and "$comment" in item.words:  # Country, Currency
            return "ISO" in str(item.words["$comment"])
    return False
