"""A worker's pages in a browser: events become numbers on them, and never anything else."""

import http.client
import time
import urllib.request
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from batching.table import key_label
from tests.integration.events import ago, heartbeat
from tests.integration.headrace import Headrace
from tests.integration.worker import Worker

SCRIPT = "<script>alert(1)</script>"
QUOTED = "\"quo'ted|pipe &amp; %2F"
LABEL = key_label([QUOTED])  # as it is written on every page
REFUSED = b'{"<img src=x onerror=alert(2)>": "</pre><script>alert(3)</script>"'
STOP_SECONDS = 15
SCREENS: list[tuple[Literal["light", "dark"], int]] = [
    ("light", 390),
    ("dark", 390),
    ("dark", 1600),
]


@pytest.fixture
def shown(headrace: Headrace, worker: Worker, page: Page) -> Page:
    """Open the overview of a worker that has stored hostile events."""
    headrace.topic.create()
    worker.start()
    headrace.topic.produce(
        [
            heartbeat(ago(), current_cdn=SCRIPT),
            heartbeat(ago(), current_cdn=QUOTED),
            heartbeat(ago(), current_cdn=QUOTED),
            REFUSED,
        ]
    )
    headrace.wait_for_records(worker, 4)
    page.goto(address(worker))
    return page


def address(worker: Worker, path: str = "/") -> str:
    return f"http://127.0.0.1:{worker.port}{path}"


def test_hostile_events_are_text_and_a_key_is_looked_up(shown: Page) -> None:
    expect(shown.get_by_role("link", name=SCRIPT, exact=True)).to_have_count(1)
    shown.get_by_text("payload,").click()
    expect(shown.locator(".letters pre")).to_have_text(REFUSED.decode())

    shown.get_by_role("link", name="traffic_by_cdn", exact=True).click()
    shown.get_by_role("searchbox").fill(LABEL)
    shown.get_by_role("button", name="Look up").click()

    found = shown.get_by_role("region", name=LABEL)
    expect(found.locator("td.number").first).to_have_text("2")
    shown.get_by_role("searchbox").fill("script")
    shown.get_by_role("button", name="Look up").click()
    shown.get_by_role("link", name=SCRIPT, exact=True).first.click()
    expect(shown.get_by_role("region", name=SCRIPT).locator("td.number").first).to_have_text("1")
    expect(shown.locator("#live script, #live img")).to_have_count(0)


def test_a_page_goes_on_by_itself_keeps_what_is_open_and_holds_no_worker_up(
    headrace: Headrace, worker: Worker, shown: Page
) -> None:
    row = shown.get_by_role("row").filter(has=shown.get_by_role("link", name="Fastly", exact=True))
    shown.get_by_text("payload,").click()
    headrace.topic.produce([heartbeat(ago(), current_cdn="Fastly")])

    expect(row).to_have_count(1, timeout=20_000)
    expect(shown.locator(".letters pre")).to_be_visible()
    shown.get_by_role("button", name="Live").click()
    expect(shown.get_by_role("button", name="Paused")).to_be_visible()
    shown.get_by_role("button", name="Paused").click()
    expect(shown.get_by_role("button", name="Live")).to_be_visible()
    never_reads = http.client.HTTPConnection("127.0.0.1", worker.port)
    never_reads.request("GET", "/", headers={"Accept": "text/event-stream"})

    begun = time.monotonic()
    assert worker.stop() == 0
    took = time.monotonic() - begun
    never_reads.close()

    assert took < STOP_SECONDS
    shown.goto("about:blank")  # before it complains that nobody answers any more


def test_it_is_whole_without_javascript_fits_a_phone_and_follows_light_and_dark(
    browser: Browser, worker: Worker, shown: Page
) -> None:
    shown.close()
    grounds = set()
    for scheme, width in SCREENS:
        size: ViewportSize = {"width": width, "height": 844}
        with browser.new_context(
            color_scheme=scheme, viewport=size, java_script_enabled=False
        ) as tab:
            page = tab.new_page()
            for path in ("/", "/table/", "/table/traffic_by_cdn/?key=a", "/status/"):
                page.goto(address(worker, path))
                assert page.evaluate("document.documentElement.scrollWidth") == width, path
                grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
            page.goto(address(worker))
            expect(page.get_by_role("link", name=SCRIPT, exact=True)).to_have_count(1)
            expect(page.locator(".streams tbody tr")).to_have_count(1)
            assert page.locator("meta[http-equiv=refresh]").count() == 1
    assert len(grounds) == 2


def test_programs_get_json_and_browsers_are_held_to_what_pages_need(
    worker: Worker, shown: Page
) -> None:
    shown.close()
    assert worker.page("/")[1]["status"] == "OK"
    assert worker.page("/table/")[1][0].keys() == {"name", "help"}
    assert worker.page("/nothing/") == (404, "404: Not Found")
    for path in ("/", "/status/", "/table/traffic_by_cdn/", "/nothing/", "/table/nothing/"):
        for accept in ("*/*", "text/html"):
            status, headers, body = get(worker, path, accept)
            assert status == (404 if "nothing" in path else 200)
            assert "default-src 'none'" in headers["Content-Security-Policy"]
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Referrer-Policy"] == "no-referrer"
            assert body.startswith("<!doctype html>") == (accept == "text/html")
    assert "the overview" in get(worker, "/nothing/?<script>", "text/html")[2]
    # Faust's own pages stay
    assert get(worker, "/router/", "text/html")[0] == 200


def get(worker: Worker, path: str, accept: str) -> tuple[int, http.client.HTTPMessage, str]:
    request = urllib.request.Request(address(worker, path), headers={"Accept": accept})  # noqa: S310
    opener = urllib.request.build_opener(_NoErrors)
    with opener.open(request, timeout=5) as answer:
        return answer.status, answer.headers, answer.read().decode()


class _NoErrors(urllib.request.HTTPErrorProcessor):
    """Takes an error's page as a page."""

    def http_response(self, request: object, response: http.client.HTTPResponse) -> object:
        del request
        return response
