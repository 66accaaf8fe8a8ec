"""HTML from what is to be shown. Pure, and every value is escaped: autoescape is on for all."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import DictLoader, Environment, StrictUndefined

from app.worker.pages import spark
from app.worker.pages.words import FILTERS

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Links:
    """Where else to look; `grafana` and `metrics` are "" where there is none.

    `sinks` are the addresses of further sinks' workers, by their roles.
    """

    group: str
    grafana: str = ""
    metrics: str = ""
    sinks: Mapping[str, str] = field(default_factory=dict)


class Renderer:
    """Makes pages, and the part of a page that is sent again and again."""

    def __init__(self, links: Links, versions: Mapping[str, str]) -> None:
        """`versions` are the addresses of stylesheet, script and icon by their names."""
        # read now: an upgrade may replace the files below a running worker
        templates = {
            path.name: path.read_text(encoding="utf-8") for path in _TEMPLATES.glob("*.html")
        }
        self._environment = Environment(
            loader=DictLoader(templates),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(FILTERS, segment=_segment)
        self._environment.globals.update(
            links=links, files=versions, line=spark.line, columns=spark.columns, bar=spark.bar
        )

    def page(self, template: str, **shown: Any) -> str:
        """Render a whole page."""
        return self._environment.get_template(f"{template}.html").render(shown)

    def live(self, template: str, **shown: Any) -> str:
        """Render the part that changes."""
        return self._environment.get_template(f"{template}_live.html").render(shown)


def _segment(text: str) -> str:
    """Write text so that it can stand between two slashes of an address, or after a `=`."""
    return quote(text, safe="")
