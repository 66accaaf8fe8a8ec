"""Stands in for Grafana between a stored query and the database: no registry has a Grafana.

First the browser puts in the variables (packages/grafana-sql, SqlDatasource.interpolateVariable;
for All the variable's own text as it is), then the server expands macros (macros.go of
grafana-postgresql-datasource: the same for these ones from Grafana 9 to 12). What it does not know
is an error, as there.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

Choice = str | Sequence[str]
"""One value of a variable that takes one, several of one that takes several; `ALL` is All."""

ALL = "$__all"

_VARIABLE = re.compile(r"\$(\w+)|\$\{(\w+)\}|\[\[(\w+)\]\]")
_MACRO = re.compile(r"\$([_a-zA-Z0-9]+)\(([^)]*)\)")
_RELATIVE = re.compile(r"now(?:-(?P<number>\d+)(?P<unit>[smhdw]))?(?P<day>/d)?")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True)
class Range:
    """From and to, both included."""

    start: datetime
    end: datetime


def relative(text: str, now: datetime) -> datetime:
    """Give the time of `now`, `now-3h` or `now/d`, as a browser in UTC would."""
    found = _RELATIVE.fullmatch(text)
    assert found, f"{text} is no time that this test knows"
    time = now
    if found["number"]:
        time -= timedelta(**{_UNITS[found["unit"]]: int(found["number"])})
    return time.replace(hour=0, minute=0, second=0, microsecond=0) if found["day"] else time


def interpolated(
    sql: str, variables: Sequence[Mapping[str, Any]], choices: Mapping[str, Choice]
) -> str:
    """Put in what is chosen of each of the dashboard's variables."""
    known = {variable["name"]: variable for variable in variables}

    def value(found: re.Match[str]) -> str:
        name = next(filter(None, found.groups()))
        return _formatted(known[name], choices[name]) if name in known else found[0]

    return _VARIABLE.sub(value, sql)


def _formatted(variable: Mapping[str, Any], choice: Choice) -> str:
    if choice == ALL:
        return str(variable["allValue"])
    if isinstance(choice, str):
        quotes_itself = variable["multi"] or variable["includeAll"]
        return _quoted(choice) if quotes_itself else choice.replace("'", "''")
    return ",".join(map(_quoted, choice))


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def expanded(sql: str, wanted: Range) -> str:
    """Expand the macros; raises ValueError for others, and for variables that nobody put in."""

    def value(found: re.Match[str]) -> str:
        argument = found[2].split(",")[0].strip()
        match found[1]:
            case "__timeFilter":
                return f"{argument} BETWEEN {_time(wanted.start)} AND {_time(wanted.end)}"
            case "__timeFrom":
                return _time(wanted.start)
            case "__timeTo":
                return _time(wanted.end)
            case name:
                raise ValueError(f"unknown macro {name}")

    text = _MACRO.sub(value, sql)
    if "$" in text:
        raise ValueError(f"left over: {text[text.index('$') :][:40]}")
    return text


def _time(time: datetime) -> str:
    """Write it as Go's RFC3339Nano does, in UTC, without trailing zeros."""
    utc = time.astimezone(UTC)
    fraction = f".{utc.microsecond:06}".rstrip("0").rstrip(".")
    return f"'{utc:%Y-%m-%dT%H:%M:%S}{fraction}Z'"
