#!/usr/bin/env python
"""`headrace-health /livez`: whether this container's Headrace answers 200 there; prints the answer.

The port is HEADRACE_METRICS_PORT. No proxy is asked, whatever Docker puts into the environment.
"""

import os
import sys
from http.client import HTTPConnection, HTTPException

_SECONDS = 4

connection = HTTPConnection(
    "127.0.0.1", int(os.environ.get("HEADRACE_METRICS_PORT", "9464")), timeout=_SECONDS
)
try:
    connection.request("GET", sys.argv[1])
    answer = connection.getresponse()
    sys.stdout.write(answer.read().decode())
except (OSError, HTTPException) as error:
    sys.exit(f"no answer: {error!r}")
sys.exit(answer.status != 200)  # noqa: PLR2004 - OK
