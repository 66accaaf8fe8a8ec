"""A proxy before S3 that loses the answer to a PUT: it is stored, and nobody hears of it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_CHUNK = 65_536


@dataclass
class LossyProxy:
    """`lose` is how many answers to PUTs are still to be lost; `lost` how many were."""

    target: int
    port: int = 0
    lose: int = 0
    lost: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def serve(self, server: socket.socket) -> None:
        with suppress(OSError):  # the server's end
            while True:
                client, _ = server.accept()
                threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        with suppress(OSError), client, socket.create_connection(("127.0.0.1", self.target)) as s3:
            is_put = [False]
            back = threading.Thread(target=self._back, args=(s3, client, is_put), daemon=True)
            back.start()
            while data := client.recv(_CHUNK):
                if data.startswith((b"PUT ", b"GET ", b"HEAD ")):
                    is_put[0] = data.startswith(b"PUT ")
                s3.sendall(data)

    def _back(self, s3: socket.socket, client: socket.socket, is_put: list[bool]) -> None:
        with suppress(OSError):
            while data := s3.recv(_CHUNK):
                if is_put[0] and b" 200 " in data[:16] and self._is_to_be_lost():
                    client.shutdown(socket.SHUT_RDWR)
                    return
                client.sendall(data)

    def _is_to_be_lost(self) -> bool:
        with self._lock:
            if not self.lose:
                return False
            self.lose -= 1
            self.lost += 1
            return True


@contextmanager
def lossy_proxy(target: int) -> Iterator[LossyProxy]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        proxy = LossyProxy(target, server.getsockname()[1])
        threading.Thread(target=proxy.serve, args=(server,), daemon=True).start()
        yield proxy
