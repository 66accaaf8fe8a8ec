"""The sender of `benchmarks.edge`: a server that stalls is not spared what waited meanwhile."""

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from benchmarks.edge_load import send, write_bodies
from benchmarks.edge_servers import PEERS

STALL = 0.5, 3.5
ANSWER = b'{"accepted":2,"refused":[]}'


class Stalling(BaseHTTPRequestHandler):
    """Takes everything, but from half a second after the first request on it stands still."""

    protocol_version = "HTTP/1.1"
    begun = 0.0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        now = time.monotonic()
        Stalling.begun = Stalling.begun or now
        begin, end = (Stalling.begun + seconds for seconds in STALL)
        if begin <= now < end:
            time.sleep(end - now)
        self.send_response(202)
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def stalling() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stalling)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_each_request_counts_from_when_it_was_due(stalling: str, tmp_path: Path) -> None:
    go = shutil.which("go")
    if go is None:
        if os.environ.get("CI") == "true":
            pytest.fail("go is missing")
        pytest.skip("no go")
    subprocess.run([go, "build", "-o", f"{tmp_path}/", "./load"], cwd=PEERS, check=True)
    bodies = write_bodies(tmp_path / "bodies", [[b"{}", b"{}"]])

    found = send(tmp_path / "load", stalling, bodies, seconds=4, rate=100, connections=4)

    # three of four were due while it stood still; one that waits for answers would send four then
    assert (found["requests"], found["accepted_events"]) == (400, 800)
    assert found["never_sent"] == 0
    assert found["p50_ms"] > 500
