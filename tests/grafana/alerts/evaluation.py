"""Stands in for Grafana's alerting, as no package registry has a Grafana: one evaluation of a rule.

It does what Grafana does (pkg/expr of Grafana 9.4 and 12) with the few things that our rules use: a
query's rows become one series for each set of labels, `reduce` takes the last number of each, and
`math` compares it. What it does not know is an error. It knows neither `for` nor notifications.
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import yaml

from grafana.paths import PROVISIONING

Labels = frozenset[tuple[str, str]]
Rule = Mapping[str, Any]

_MATH = re.compile(r"\$(\w+) (>|<) (-?[\d.]+)")
_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {">": operator.gt, "<": operator.lt}


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def grafana_rules() -> dict[str, Rule]:
    """Give the committed rules by their uid."""
    groups = load(PROVISIONING / "alerting" / "rules.yaml")["groups"]
    return {rule["uid"]: rule for group in groups for rule in group["rules"]}


def sql_of(rule: Rule) -> str | None:
    """Give the SQL that a rule asks, None if it asks Prometheus."""
    sql = rule["data"][0]["model"].get("rawSql")
    return None if sql is None else str(sql)


async def due(rule: Rule, connection: asyncpg.Connection) -> dict[Labels, bool]:
    """Evaluate a rule on a database: for each set of labels, whether its condition holds."""
    sql = sql_of(rule)
    assert sql is not None
    assert "$" not in sql, "this knows no macros"
    asked, *expressions = rule["data"]
    rows = await connection.fetch(sql)
    found: dict[str, Mapping[Labels, Any]] = {asked["refId"]: _series(rows)}
    for expression in expressions:
        found[expression["refId"]] = _computed(expression["model"], found)
    return {labels: bool(value) for labels, value in found[rule["condition"]].items()}


def _series(rows: Sequence[asyncpg.Record]) -> dict[Labels, list[float]]:
    """Split rows into series, as the PostgreSQL data source does with format `time_series`."""
    series: dict[Labels, list[float]] = {}
    last: datetime | None = None
    for row in rows:
        assert last is None or last <= row["time"], "Grafana wants them in order of time"
        last = row["time"]
        labels = frozenset((name, it) for name, it in row.items() if isinstance(it, str))
        numbers = [it for it in row.values() if isinstance(it, float)]
        assert len(numbers) == 1, f"one number in a row: {row}"
        assert len(row) == 1 + len(labels) + len(numbers), f"neither label nor number: {row}"
        series.setdefault(labels, []).append(numbers[0])
    return series


def _computed(model: Mapping[str, Any], found: Mapping[str, Mapping[Labels, Any]]) -> Any:
    if model["type"] == "reduce":
        assert model["reducer"] == "last"
        return {labels: numbers[-1] for labels, numbers in found[model["expression"]].items()}
    assert model["type"] == "math"
    parsed = _MATH.fullmatch(model["expression"])
    assert parsed, model["expression"]
    name, sign, bound = parsed.groups()
    return {labels: _OPERATORS[sign](it, float(bound)) for labels, it in found[name].items()}
