"""The overview: workers put together, those that are silent named, and all of it escaped."""

from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import msgspec
import pytest

from app.worker.pages import files
from app.worker.pages.facts import Letter, Row, Samples, TableFacts, WindowRows, WorkerFacts
from app.worker.pages.overview import Overview, overview
from app.worker.pages.peers import Gathered
from app.worker.pages.render import Links, Renderer
from app.worker.pages.sinks import SinkShown
from app.worker.pages.tables import table_page
from models.content_sessions import CONTENT_SESSIONS
from telemetry.flow import Meter
from telemetry.worker_status import Headline, Progress, StreamStatus, Unheld, WorkerStatus

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>|{{ 7*7 }}"
NOW = datetime(2026, 11, 22, 10, 5, 34, tzinfo=UTC)
START = "2026-11-22T10:05Z"
ONE, OTHER, SILENT = "http://one:1", "http://other:1", "http://silent:1"
HELD = {"content_sessions": {0: ONE, 1: OTHER, 2: SILENT}}


def worker(partition: int, text: str = "Akamai") -> WorkerFacts:
    """Make what a worker with one partition tells, `text` being wherever text is."""
    status = StreamStatus(
        topic="content_sessions",
        rows_stored=100,
        dead_letters={text: 2},
        waiting_for=text,
        headline=Headline("busiest {key}: {value:,.0f}", {text: (1.0, 5.0)}),
    )
    return WorkerFacts(
        WorkerStatus(
            text,
            text,
            text,
            {"content_sessions": {str(partition): Progress(10, 15, 5)}},
            {"content_sessions": status},
        ),
        {"content_sessions": Samples(1, [100.0], [5], [0.5], [2])},
        {"traffic_by_cdn": WindowRows(START, 1, [Row(text, {"events": 3, "kilobits": text})])},
        [Letter(text, partition, 7, 1_000 + partition, text, text, text, 4_000)],
    )


def sinks(text: str) -> list[SinkShown]:
    """Make a sink that stores and waits, and one that does not answer."""
    flow = Meter().measure([worker(0, text).status], 0.0)
    return [SinkShown(text, ONE, "", flow, 12.0), SinkShown("lines", SILENT, text)]


def shown(*, text: str = "Akamai", silent: bool = True) -> Overview:
    gathered = Gathered(
        {ONE: worker(0, text), OTHER: worker(1, text)}, {SILENT: text} if silent else {}
    )
    return overview([CONTENT_SESSIONS], gathered, HELD, NOW, sinks(text))


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(Links(HOSTILE), files.addresses(files.static_files()))


class Tags(HTMLParser):
    """Collects what a browser would make elements and attributes of."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def read(html: str) -> Tags:
    tags = Tags()
    tags.feed(html)
    return tags


def test_workers_add_up() -> None:
    now = shown()

    assert now.lag == 10
    assert now.rows_stored == 200
    assert now.dead_letters == 4
    assert now.course.rate_now == 200.0
    assert now.streams[0].flow.headline == "busiest Akamai: 10"
    table = next(one for one in now.windows if one.name == "traffic_by_cdn")
    assert [(row.key, row.numbers[0]) for row in table.rows] == [("Akamai", 6)]
    assert [letter.timestamp for letter in now.letters] == [1_001, 1_000]


def test_a_silent_worker_is_named_with_what_it_holds(renderer: Renderer) -> None:
    now = shown(text="no answer within 1.5 s")

    html = renderer.page("overview", now=now)

    assert now.silent == {SILENT: "no answer within 1.5 s"}
    places = [(one.number, one.worker, one.progress) for one in now.streams[0].partitions]
    assert places == [(0, 1, Progress(10, 15, 5)), (1, 2, Progress(10, 15, 5)), (2, 3, None)]
    assert f"The worker at {SILENT} did not answer" in html


def test_partitions_that_nobody_stores_are_told_and_counted(renderer: Renderer) -> None:
    facts = worker(0)
    status = facts.status.streams["content_sessions"]
    told = {"3": Unheld(40_000, "faust on 10.0.0.7")}
    status = msgspec.structs.replace(status, topic_partitions=5, unheld=told)
    facts = msgspec.structs.replace(
        facts, status=msgspec.structs.replace(facts.status, streams={"content_sessions": status})
    )
    now = overview([CONTENT_SESSIONS], Gathered({ONE: facts}, {}), HELD, NOW)

    overview_page, status_page = (renderer.page(page, now=now) for page in ("overview", "status"))

    assert now.lag == 40_005
    assert [one.number for one in now.streams[0].partitions] == [0, 1, 2, 3, 4]
    for page in (overview_page, status_page):
        assert "1 of 5 partitions is held by nobody who stores them, lag 40,000" in page
    assert "not stored, lag 40,000" in overview_page
    assert "not stored, held by faust on 10.0.0.7" in status_page


def test_further_sinks_have_a_row_each_and_add_nothing_to_the_sums(renderer: Renderer) -> None:
    now = shown(text="lake", silent=False)
    without = overview(
        [CONTENT_SESSIONS], Gathered({ONE: worker(0), OTHER: worker(1)}, {}), HELD, NOW
    )

    for page in ("overview", "status"):
        html = renderer.page(page, now=now)
        assert f'<a href="{ONE}/">lake</a></th><td class="reasons">waits: lake</td>' in html
        assert '<td class="number">12 s</td>' in html
        assert f'<a href="{SILENT}/">lines</a>' in html
        assert "no answer" in html
        assert "Further sinks" not in renderer.page(page, now=without)
    assert (now.lag, now.rows_stored) == (without.lag, without.rows_stored)


def test_nothing_yet_is_a_page_too(renderer: Renderer) -> None:
    facts = WorkerFacts(WorkerStatus("w", "starting"))
    now = overview([CONTENT_SESSIONS], Gathered({ONE: facts}, {}), {}, NOW)

    assert "nothing in this minute yet" in renderer.page("overview", now=now)
    assert "Workers" in renderer.page("status", now=now)


@pytest.mark.parametrize("template", ["overview", "status", "table", "missing"])
def test_text_from_outside_makes_no_element_and_no_attribute(
    renderer: Renderer, template: str
) -> None:
    clean = read(_page(renderer, template, "harmless"))

    hostile = read(_page(renderer, template, HOSTILE))

    assert hostile.names == clean.names
    assert hostile.attributes == clean.attributes
    assert "script" in hostile.names or template == "missing"  # the file of ours
    assert not hostile.attributes & {"style", "onerror", "onclick", "onload"}
    assert any("<script>alert(1)</script>" in text for text in hostile.texts)
    assert not any("49" in text for text in hostile.texts)  # nor is it a template


def _page(renderer: Renderer, template: str, text: str) -> str:
    if template in {"overview", "status"}:
        return renderer.page(template, now=shown(text=text))
    if template == "missing":
        return renderer.page(template, reason=text)
    window = CONTENT_SESSIONS.windows[1]
    row = Row(text, {"events": 1, "kilobits": text})
    facts = _table_facts(text, row)
    page = table_page(CONTENT_SESSIONS, window, [facts], text, {SILENT: text})
    return renderer.page("table", table=page, start="", at=NOW)


def _table_facts(text: str, row: Row) -> TableFacts:
    return TableFacts([START, text], WindowRows(START, 1, [row]), {START: [row]}, [f"{text}2"])


def test_a_sink_holds_what_it_says_though_it_has_no_live_tables() -> None:
    now = overview([replace(CONTENT_SESSIONS, windows=())], Gathered({ONE: worker(0)}, {}), {}, NOW)

    html = Renderer(Links(""), files.addresses(files.static_files())).page("overview", now=now)

    assert [one.worker for one in now.streams[0].partitions] == [1]
    assert now.workers[0].partitions == 1
    assert "Live windows" not in html
    assert "nothing in this minute" not in html
