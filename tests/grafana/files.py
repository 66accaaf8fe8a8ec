"""The committed dashboards, and every query in them."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from grafana import uids
from tests.grafana.interpolation import ALL, Choice, Range, expanded, interpolated, relative

FOLDER = Path(uids.__file__).parent / "dashboards"
FILES = sorted(FOLDER.glob("*.json"))

Json = Mapping[str, Any]


def dashboard(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def variables(of: Json) -> list[Any]:
    return list(of["templating"]["list"])


def panels(of: Json) -> list[Any]:
    """Give the panels that draw something; rows are headings."""
    every = [one for panel in of["panels"] for one in (panel, *panel.get("panels", ()))]
    return [panel for panel in every if panel["type"] != "row"]


def choices(of: Json, chosen: Mapping[str, Choice]) -> dict[str, Choice]:
    """Choose All of what `chosen` does not name; nothing where All is not offered."""
    return {
        variable["name"]: chosen.get(variable["name"], ALL if variable["includeAll"] else "")
        for variable in variables(of)
    }


@dataclass(frozen=True)
class Asked:
    """One query as it stands in a file: of a panel, or of a variable."""

    title: str
    """Of the panel, or the variable's name."""

    sql: str
    panel: str
    """Kind of the panel, or `variable`."""

    format: str
    since: str
    """Begin of the time range, relative to now."""

    of: Json
    earlier: str = "0s"
    """By how much the range lies in the past."""

    @property
    def name(self) -> str:
        return f"{self.of['title']}: {self.title}"

    def uses(self, variable: str) -> bool:
        return re.search(rf"\${variable}\b", self.sql) is not None

    def text(self, choices: Mapping[str, Choice], now: datetime) -> str:
        """Give what the database gets."""
        shift = now - relative(f"now-{self.earlier}", now)
        wanted = Range(relative(self.since, now) - shift, now - shift)
        return expanded(interpolated(self.sql, variables(self.of), choices), wanted)


def asked(paths: Sequence[Path] = FILES) -> Iterator[Asked]:
    """Give every SQL query of every panel and variable."""
    for path in paths:
        found = dashboard(path)
        since = found["time"]["from"]
        for variable in variables(found):
            if variable["datasource"]["uid"] == uids.POSTGRES:
                yield Asked(variable["name"], variable["query"], "variable", "table", since, found)
        for panel in panels(found):
            for target in panel["targets"]:
                if "rawSql" in target:
                    own = panel.get("timeFrom") or since
                    kind, format_ = panel["type"], target["format"]
                    earlier = panel.get("timeShift", "0s")
                    yield Asked(
                        panel["title"], target["rawSql"], kind, format_, own, found, earlier
                    )
