"""A proxy that inspects TLS, as companies have: it answers every host with its own certificate."""

import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

_SELF_SIGNED = (
    *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes"),
    *("-days", "1", "-subj", "/CN=proxy"),
)
_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


@contextmanager
def inspecting_proxy(folder: Path) -> Iterator[str]:
    """Give its URL, for HTTPS_PROXY."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        [*_SELF_SIGNED, "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as server:
        Thread(target=_serve, args=(server, context), daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def _serve(server: socket.socket, context: ssl.SSLContext) -> None:
    with suppress(OSError):  # the server's end
        while True:
            client, _ = server.accept()
            Thread(target=_inspect, args=(client, context), daemon=True).start()


def _inspect(client: socket.socket, context: ssl.SSLContext) -> None:
    with suppress(OSError), client:
        client.recv(4096)
        client.sendall(_ESTABLISHED)
        with context.wrap_socket(client, server_side=True) as inside:
            inside.recv(4096)
