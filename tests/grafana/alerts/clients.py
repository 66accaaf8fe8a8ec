"""Clients of an edge, and a program that writes a file which a source reads."""

import http.client
import time
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

from tests.chaos.streams import purchase

_EVERY_SECONDS = 0.5
_ANSWER_SECONDS = 20


class Clients:
    """Every half second one event by HTTP and another into a file, from `start` to `stop`."""

    def __init__(self, port: str, file: Path) -> None:
        self._port = port
        self._file = file
        self._end = Event()
        self._thread = Thread(target=self._send, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._end.set()
        if self._thread.is_alive():
            self._thread.join(2 * _ANSWER_SECONDS)

    def _send(self) -> None:
        number = 0
        while not self._end.wait(_EVERY_SECONDS):
            number += 2
            now = time.time_ns() // 1_000_000
            with self._file.open("ab") as file:
                file.write(purchase(number, now).value + b"\n")
            with suppress(OSError):  # while it starts, nobody answers
                self._post(purchase(number + 1, now).value)

    def _post(self, event: bytes) -> None:
        connection = http.client.HTTPConnection(
            "127.0.0.1", int(self._port), timeout=_ANSWER_SECONDS
        )
        try:
            headers = {"content-type": "application/json"}
            connection.request("POST", "/v1/events/purchases", event, headers)
            connection.getresponse().read()
        finally:
            connection.close()
