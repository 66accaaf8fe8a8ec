"""What an alert is, whoever watches it."""

import re
from dataclasses import dataclass
from typing import Literal

Severity = Literal["critical", "warning"]
Shown = Literal["percentage", "number", "duration"]

RUNBOOKS = "docs/reference/alerts.md"
"""Where the runbooks are: a path in this repository, until the docs are published somewhere."""

DOCS_URL = "HEADRACE_DOCS_URL"
"""The setting: where docs/ are published, such as `https://wiki.example.org/headrace`."""

RUNBOOK, RUNBOOK_URL = "runbook", "runbook_url"
"""The annotations. Of the second Grafana makes a button, so it is there only with an address."""

VALUE = "{value}"
"""Stands in a description for the number that the alert looks at."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Where to look: a dashboard's uid and the title of one of its panels."""

    dashboard: str
    title: str


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert: a number, by labels, that must not stay above `above` for `wait_seconds`.

    `promql` gives the number from the processes' metrics. `sql` names a statement of alerts.sql
    that gives the same from the database; where there is one, Grafana asks the database instead.
    `summary` and `description` may name labels as `{{ $labels.stream }}`, `description` the number.
    """

    name: str
    title: str
    severity: Severity
    summary: str
    description: str
    panel: Panel
    promql: str
    above: float = 0
    wait_seconds: int = 60
    every_seconds: int = 60
    sql: str = ""
    shown: Shown = "number"
    speaks_for_source: bool = False
    """Whether it is the one that fires, too, while its data source does not answer Grafana."""

    @property
    def uid(self) -> str:
        """Its name in Grafana, at most 40 characters."""
        return (
            "headrace-"
            + re.sub(r"(?<!^)(?=[A-Z])", "-", self.name.removeprefix("Headrace")).lower()
        )

    @property
    def runbook(self) -> str:
        """Link to its section: the anchor is made of the title, as GitHub does."""
        return f"{RUNBOOKS}#{anchor(self.title)}"

    def help_at(self, docs: str) -> dict[str, str]:
        """Give the annotation that leads to the runbook."""
        return runbook_at(self.runbook, docs)


def runbook_at(path: str, docs: str) -> dict[str, str]:
    """Give the annotation for a path like `docs/reference/alerts.md#stale`."""
    if not docs:
        return {RUNBOOK: path}
    return {RUNBOOK_URL: f"{docs.rstrip('/')}/{path.removeprefix('docs/')}"}


def anchor(heading: str) -> str:
    """Give a heading's anchor as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def duration(seconds: int) -> str:
    """Write a time as both Grafana and Prometheus read it: `90s`, `5m`."""
    return f"{seconds // 60}m" if seconds and seconds % 60 == 0 else f"{seconds}s"
