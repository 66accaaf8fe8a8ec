"""Stands in for Grafana, which no package registry has: says how it was started, and answers.

Arguments and environment go into told.json beside its data; `/api/health` is what Grafana has.
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

_NAMED = ("GF_", "HEADRACE_")
_SSLMODES = {"disable", "require", "verify-ca", "verify-full"}


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/api/health" else 404)
        self.end_headers()


def main() -> None:
    environment = {key: it for key, it in os.environ.items() if key.startswith(_NAMED)}
    if environment["HEADRACE_POSTGRES_SSLMODE"] not in _SSLMODES:
        sys.exit("its data source knows no such sslmode")
    data = Path(environment["GF_PATHS_DATA"])
    data.mkdir(parents=True, exist_ok=True)
    told = {"arguments": sys.argv[1:], "environment": environment}
    (data / "told.json").write_text(json.dumps(told))
    place = (environment["GF_SERVER_HTTP_ADDR"], int(environment["GF_SERVER_HTTP_PORT"]))
    HTTPServer(place, _Answers).serve_forever()


if __name__ == "__main__":
    main()
