"""HEADRACE_* variables that nothing reads: a letter too few, and a default holds without a word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from config.settings import Settings
from doctor.finding import Finding

_PREFIX = "HEADRACE_"
_READ_ELSEWHERE = frozenset(
    {
        "HEADRACE_ALERT_EMAIL",
        "HEADRACE_ALERT_WEBHOOK_URL",
        "HEADRACE_CLICKHOUSE_DATABASE",
        "HEADRACE_CLICKHOUSE_HOST",
        "HEADRACE_CLICKHOUSE_PASSWORD",
        "HEADRACE_CLICKHOUSE_PORT",
        "HEADRACE_CLICKHOUSE_USER",
        "HEADRACE_DATABASE_PASSWORD",
        "HEADRACE_EVENTS_PER_SECOND",
        "HEADRACE_GRAFANA_DASHBOARDS",
        "HEADRACE_GRAFANA_TOKEN",
        "HEADRACE_POSTGRES_DATABASE",
        "HEADRACE_POSTGRES_SSLMODE",
        "HEADRACE_POSTGRES_URL",
        "HEADRACE_PROMETHEUS_URL",
    }
)
"""Of Grafana's files, of `headrace grafana`, and of docker-compose.yml."""


def unknown_variables(names: Iterable[str]) -> Iterator[Finding]:
    """Name those that nothing reads, each with the nearest that something does."""
    known = _READ_ELSEWHERE | {f"{_PREFIX}{field}".upper() for field in Settings.model_fields}
    unknown = [
        name
        for name in sorted(names)
        if name.startswith(_PREFIX)
        and name not in known
        and not name.startswith(f"{_PREFIX}GENERATOR_")  # the generator's own, as a Faust app
    ]
    for name in unknown:
        near = get_close_matches(name, known, 1)
        cure = (
            f"did you mean {near[0]}?"
            if near
            else "unset it: docs/guides/operations.md lists them all"
        )
        yield Finding("variables", f"{name} is set, and nothing reads it", cure)
    if not unknown:
        yield Finding("variables", "every HEADRACE_* variable that is set is known")
