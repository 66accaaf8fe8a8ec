"""Clients that send without a pause, and remember what became of each event."""

import http.client
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

from tests.edge.edge_process import EdgeProcess
from tests.integration.events import heartbeat

_EVENTS = 5
_PATIENCE_SECONDS = 90


@dataclass
class Load:
    """What clients were told; no event is sent twice."""

    taken: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)
    failed: int = 0
    """Requests without an answer."""

    def wait_until(self, condition: Callable[["Load"], bool], what: str) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not condition(self):
            assert time.monotonic() < deadline, f"not {what}: {self.answers}, {self.failed} failed"
            time.sleep(0.02)

    def wait_for_more(self, requests: int = 50) -> None:
        """Wait until so many more requests were taken."""
        before = self.answers[202]
        self.wait_until(lambda it: it.answers[202] >= before + requests, "taken any more")


@contextmanager
def load(edge: EdgeProcess, stream: str, clients: int = 4) -> Iterator[Load]:
    """Send from so many clients at once until the block ends; then wait for all answers."""
    load, stop = Load(), threading.Event()
    threads = [
        threading.Thread(target=_send, args=(edge, stream, load, f"client-{number}", stop))
        for number in range(clients)
    ]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        stop.set()
        for thread in threads:
            thread.join(_PATIENCE_SECONDS)


def _send(edge: EdgeProcess, stream: str, load: Load, name: str, stop: threading.Event) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", edge.port, timeout=60)
    numbers = count()
    while not stop.is_set():
        ids = [f"{name}-{next(numbers)}" for _ in range(_EVENTS)]
        load.sent += ids
        body = b"\n".join(heartbeat(session_id=it) for it in ids)
        try:
            headers = {"Content-Type": "application/x-ndjson"}
            connection.request("POST", f"/v1/events/{stream}", body, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            load.failed += 1
            stop.wait(0.05)
            continue
        load.answers[answer.status] += 1
        if answer.status == 202:
            load.taken += ids
        else:
            stop.wait(0.05)
    connection.close()
