"""Pages show all workers, on any of them, and say which of them does not answer."""

import os
import signal

from playwright.sync_api import Page, expect

from tests.integration.events import ago, heartbeat
from tests.integration.headrace import Headrace
from tests.integration.worker import Worker

PARTITIONS = 4


def test_any_worker_shows_all_and_names_the_one_that_does_not_answer(
    headrace: Headrace, page: Page
) -> None:
    headrace.more["HEADRACE_SESSION_TIMEOUT_SECONDS"] = "10"  # as long its partitions stay its own
    headrace.topic.create(PARTITIONS)
    workers = headrace.worker(), headrace.worker()
    for worker in workers:
        worker.start()
    asked, other = workers
    asked.wait_until(lambda: held(asked) == held(other) == PARTITIONS // 2, "sharing partitions")
    for partition in range(PARTITIONS):
        headrace.topic.produce([heartbeat(ago(minutes=2))] * 10, partition)
    headrace.wait_for_records(asked, 10 * PARTITIONS)

    for worker in workers:
        page.goto(f"http://127.0.0.1:{worker.port}/table/traffic_by_cdn/?key=Akamai")
        found = page.locator("[aria-labelledby=found] td.number").first
        expect(found).to_have_text(str(10 * PARTITIONS), timeout=15_000)
    page.goto(f"http://127.0.0.1:{asked.port}/")
    expect(page.locator(".chip")).to_have_count(PARTITIONS)
    expect(page.get_by_text("lag 0")).to_have_count(PARTITIONS)

    process = other.child.pid
    assert process is not None
    os.kill(process, signal.SIGSTOP)
    try:
        expect(page.locator(".warning")).to_contain_text(
            f"The worker at http://127.0.0.1:{other.port} did not answer", timeout=15_000
        )
        expect(page.get_by_text("not told")).to_have_count(PARTITIONS // 2)
    finally:
        os.kill(process, signal.SIGCONT)
    page.goto("about:blank")


def held(worker: Worker) -> int:
    return sum(len(partitions) for partitions in worker.status().get("partitions", {}).values())
