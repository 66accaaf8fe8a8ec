"""A port that leads to another one, once it is opened."""

import contextlib
import socket
import threading
from collections.abc import Callable

from devstack.place.free_ports import free_port

_CHUNK_BYTES = 65_536


class Forwarder:
    """Refuses connections until `open`; what comes then goes to `target`."""

    def __init__(self, target: str) -> None:
        host, port = target.rsplit(":", 1)
        self._target = (host, int(port))
        self.port = free_port()
        self._threads: list[threading.Thread] = []

    def open(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", self.port))
        self._begin(self._accept)

    def close(self) -> None:
        """Return when all is closed; those who are connected have to leave first."""
        self._listening.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _begin(self, what: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=what, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with self._listening, contextlib.suppress(OSError):
            while True:
                here, _ = self._listening.accept()
                self._begin(self._forward, here)

    def _forward(self, here: socket.socket) -> None:
        with here, socket.create_connection(self._target) as there:
            back = threading.Thread(target=_copy, args=(there, here), daemon=True)
            back.start()
            _copy(here, there)
            back.join()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(_CHUNK_BYTES):
            sink.sendall(chunk)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)
