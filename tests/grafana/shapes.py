"""What each kind of panel needs of the rows that it draws, checked with assert."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

_NUMBERS = {"int2", "int4", "int8", "float4", "float8", "numeric"}
_TIMES = {"timestamptz", "timestamp"}
_CANDLE = ["time", "open", "high", "low", "close", "volume"]


@dataclass(frozen=True)
class Answer:
    """Names and types of the columns, and the rows."""

    columns: Mapping[str, str]
    rows: Sequence[Sequence[Any]]

    def of(self, kinds: set[str]) -> list[str]:
        return [name for name, kind in self.columns.items() if kind in kinds]

    @property
    def numeric(self) -> list[str]:
        return self.of(_NUMBERS)

    def values(self, column: str) -> list[Any]:
        place = list(self.columns).index(column)
        return [row[place] for row in self.rows]


def check(panel: str, format_: str, answer: Answer) -> None:
    """Check the answer to a query of this kind of panel, with rows or without."""
    for kind in answer.columns.values():
        assert kind in _NUMBERS | _TIMES | {"text", "bool"}, f"Grafana would show {kind} as text"
    if format_ == "time_series":
        _series(answer)
    if (panel, format_) != ("stat", "time_series"):  # the last of a line, which stands behind it
        _CHECKS[panel](answer)


def _series(answer: Answer) -> None:
    """Grafana makes one series of each metric: ascending, one value for each time of each."""
    assert answer.columns.get("time") in _TIMES
    texts, numbers = answer.of({"text"}), answer.of(_NUMBERS)
    assert texts in ([], ["metric"])
    assert numbers
    if texts:
        assert numbers == ["value"], "the name of the series would have the column's before it"
        assert None not in answer.values("metric")
    times: list[datetime] = answer.values("time")
    assert all(one <= other for one, other in pairwise(times)), "not in order of time"
    keys = list(zip(times, answer.values("metric") if texts else times, strict=True))
    assert len(keys) == len(set(keys)), "two values of a series at one time"


def _one_number(answer: Answer) -> None:
    assert len(answer.of(_NUMBERS)) == len(answer.columns) == 1
    assert len(answer.rows) == 1


def _text_and_number(answer: Answer) -> None:
    """Check that there is a name for each bar, slice or marker, and numbers."""
    (text,) = answer.of({"text"})
    assert next(iter(answer.columns)) == text
    assert len(answer.of(_NUMBERS)) == len(answer.columns) - 1 >= 1
    names = answer.values(text)
    assert len(names) == len(set(names))
    assert None not in names


def _countries(answer: Answer) -> None:
    _text_and_number(answer)
    assert next(iter(answer.columns)) == "country"
    assert all(len(country) == 2 and country.isupper() for country in answer.values("country"))


def _candles(answer: Answer) -> None:
    assert list(answer.columns) == _CANDLE
    for _, opened, high, low, closed, volume in answer.rows:
        assert low <= min(opened, closed) <= max(opened, closed) <= high
        assert volume >= 0


def _options(answer: Answer) -> None:
    assert list(answer.columns.values()) == ["text"], "Grafana mixes the columns up"
    (column,) = answer.columns
    assert len(set(answer.values(column))) == len(answer.rows)


def _anything(answer: Answer) -> None:
    assert answer.columns


_CHECKS: dict[str, Callable[[Answer], None]] = {
    "barchart": _text_and_number,
    "bargauge": _text_and_number,
    "candlestick": _candles,
    "geomap": _countries,
    "heatmap": _anything,
    "piechart": _text_and_number,
    "stat": _one_number,
    "state-timeline": _anything,
    "table": _anything,
    "timeseries": _anything,
    "variable": _options,
}
