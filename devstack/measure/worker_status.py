"""Asking workers what they say about themselves on their web page `/status/`."""

from __future__ import annotations

import http.client
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import msgspec

from telemetry.worker_status import WorkerStatus

_TIMEOUT_SECONDS = 2.0


def fetch(url: str) -> WorkerStatus | None:
    """Ask a worker; None while it does not answer."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.netloc, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/status/")
        answer = connection.getresponse()
        return msgspec.json.decode(answer.read(), type=WorkerStatus)
    except (OSError, http.client.HTTPException, msgspec.DecodeError):
        return None
    finally:
        connection.close()


def fetch_all(urls: Sequence[str]) -> list[WorkerStatus | None]:
    """Ask all at once: one that hangs delays no other."""
    with ThreadPoolExecutor(max(1, len(urls))) as pool:
        return list(pool.map(fetch, urls))
