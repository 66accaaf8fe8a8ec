"""Scraping a worker, as often as asked, beside whatever else is measured."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks.worker import Worker

_ANSWER_SECONDS = 10


@dataclass(slots=True)
class Scrapes:
    """What one worker answered: seconds of each scrape, and the last page."""

    seconds: list[float] = field(default_factory=list)
    page: bytes = b""

    @property
    def series(self) -> int:
        return sum(1 for line in self.page.splitlines() if line and not line.startswith(b"#"))


@contextmanager
def scraped(worker: Worker, every_seconds: float) -> Iterator[Scrapes]:
    """Scrape in a thread until the end; while nobody listens yet, nothing is counted."""
    found, over = Scrapes(), threading.Event()

    def scrape() -> None:
        while not over.wait(every_seconds):
            began = time.perf_counter()
            page = _page(worker.metrics_port)
            if page:
                found.seconds.append(time.perf_counter() - began)
                found.page = page

    thread = threading.Thread(target=scrape)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


def _page(port: int) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWER_SECONDS)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().read()
    except OSError:
        return b""
    finally:
        connection.close()
