#!/usr/bin/env python
"""`headrace-health /livez`: whether this container's Headrace answers 200 there; prints the answer.

The port is HEADRACE_METRICS_PORT. No proxy is asked, whatever Docker puts into the environment.

Port 0 serves nothing, so there is nothing to ask. Nor is there for `/livez` where nobody listens,
as in `generate` without --metrics-port or in `migrate`: what is stuck listens and does not answer.
"""

import os
import sys
from http.client import HTTPConnection, HTTPException

_SECONDS = 4

question = sys.argv[1]
port = int(os.environ.get("HEADRACE_METRICS_PORT", "9464"))
if not port:
    sys.exit()
connection = HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
try:
    connection.request("GET", question)
    answer = connection.getresponse()
    sys.stdout.write(answer.read().decode())
except ConnectionRefusedError:
    print(f"nothing is served on port {port}")  # noqa: T201 - what `docker inspect` shows
    sys.exit(question != "/livez")
except (OSError, HTTPException) as error:
    sys.exit(f"no answer: {error!r}")
sys.exit(answer.status != 200)  # noqa: PLR2004 - OK
