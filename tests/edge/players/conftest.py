"""Players in Debian's Chromium, and an edge that hears from them."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from devstack.engines import Kafka
from devstack.processes.watchdog import Watchdog
from tests.edge.edge_process import EdgeProcess, edge_process
from tests.edge.kafka_records import events_of
from tests.edge.players import media
from tests.edge.players.site import site
from tests.integration.headrace import Headrace
from tests.integration.topics import Topic

REPORTERS = Path(__file__).parents[1] / "cmcd" / "reporters"


def missing(reason: str) -> None:
    """Skip, or fail in CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass(frozen=True)
class Cinema:
    """A page with players on it, and the edge that they report to: of another origin."""

    browser: Browser
    edge: EdgeProcess
    address: str

    def play(self, script: str, sid: str, until: str) -> list[str]:
        """Open the page, run a script there, wait; give what was complained of.

        `until` says something of the page's `video`. The script is a function of the session's id
        and the edge's address.
        """
        complaints: list[str] = []
        with self.browser.new_context() as context:
            page = context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.goto(self.address)
            page.evaluate(script, [sid, f"http://127.0.0.1:{self.edge.port}/v1/cmcd"])
            page.wait_for_function(f"(video => {until})(document.querySelector('video'))")
        return complaints

    def heartbeats(self, sid: str) -> list[dict[str, Any]]:
        return events_of(self.edge.topic("content_sessions"), sid)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make what a site has."""
    if not (REPORTERS / "node_modules" / "dashjs").is_dir():
        missing("needs: make reporters")
    folder = tmp_path_factory.mktemp("site")
    (folder / "film").mkdir()
    media.make(folder / "film")
    (folder / "players").symlink_to(REPORTERS / "node_modules")
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        missing("no chromium on PATH: apt-get install chromium")
    arguments = ["--autoplay-policy=no-user-gesture-required"]
    if os.geteuid() == 0:  # its sandbox needs rights that a container's root has not
        arguments.append("--no-sandbox")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def cinema(
    kafka: Kafka,
    film: Path,
    browser: Browser,
    tmp_path_factory: pytest.TempPathFactory,
    watchdog: Watchdog,
) -> Iterator[Cinema]:
    folder = tmp_path_factory.mktemp("cinema")
    settings = {"HEADRACE_EDGE_CMCD_INTERVAL_SECONDS": "1", "HEADRACE_EDGE_METRICS_PORT": "0"}
    edge = edge_process(kafka.address, folder, watchdog, settings)
    with site(film, edge.port) as port:
        address = f"http://127.0.0.1:{port}"
        edge.child.environment = {
            **edge.child.environment,
            "HEADRACE_EDGE_CORS_ORIGINS": address,
        }
        edge.start()
        yield Cinema(browser, edge, address)
        edge.child.kill()


@pytest.fixture
def headrace(
    kafka: Kafka, database: str, topic_prefix: str, tmp_path: Path, watchdog: Watchdog
) -> Iterator[Headrace]:
    """Give an installation whose worker a test starts."""
    topic = Topic(kafka.address, f"{topic_prefix}content_sessions")
    headrace = Headrace(topic, topic_prefix, database, tmp_path, watchdog)
    yield headrace
    for worker in headrace.workers:
        worker.kill()
