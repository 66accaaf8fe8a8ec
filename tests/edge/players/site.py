"""A web site with a film on it, whose CDN mirrors players' requests to an edge."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PAGE = b"""<!doctype html><meta charset="utf-8"><title>film</title><video muted></video>
<script src="/players/hls.js/dist/hls.min.js"></script>
<script src="/players/dashjs/dist/legacy/umd/dash.all.min.js"></script>"""


class _Handler(SimpleHTTPRequestHandler):
    """Serves the page, the players and the film."""

    protocol_version = "HTTP/1.1"

    def __init__(self, edge_port: int, *given: object, directory: str) -> None:
        self._edge_port = edge_port
        super().__init__(*given, directory=directory)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        if self.path == "/":
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.send_header("content-length", str(len(PAGE)))
            self.end_headers()
            self.wfile.write(PAGE)
            return
        if self.path.startswith("/film/"):
            self._mirror()
        super().do_GET()

    def _mirror(self) -> None:
        """Tell the edge of a request, as nginx's `mirror` does: its path, query and headers."""
        said = {name: value for name, value in self.headers.items() if name.lower()[:5] == "cmcd-"}
        if not said and "CMCD=" not in self.path:
            return
        connection = http.client.HTTPConnection("127.0.0.1", self._edge_port, timeout=60)
        connection.request("GET", f"/v1/cmcd/akamai{self.path}", headers=said)
        assert connection.getresponse().status == 204
        connection.close()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def site(folder: Path, edge_port: int) -> Iterator[int]:
    """Serve a folder with `players/` and `film/` in it; give the port."""
    handler = partial(_Handler, edge_port, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()
