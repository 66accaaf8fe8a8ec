"""TLS: another certificate is served without a restart, and nothing is taken twice of it."""

import shutil
import socket
import ssl
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from devstack.engines import Kafka
from devstack.processes.watchdog import Watchdog
from edge.certificates import is_fit, is_out_of_date
from tests.edge.edge_process import EdgeProcess, edge_process
from tests.edge.topics import everything
from tests.integration.events import heartbeat

PLAIN = ("-newkey", "rsa:2048", "-nodes")
AUTHORITY = """[ca]
default_ca = one
[one]
database = index.txt
rand_serial = yes
new_certs_dir = .
default_md = sha256
policy = any
{extensions}
[extensions]
subjectAltName = IP:127.0.0.1
[any]
commonName = supplied
"""


def needs_openssl() -> str:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl")
    return openssl


def certificate(folder: Path, name: str, *kind: str) -> tuple[Path, Path]:
    openssl = needs_openssl()
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    subject = ["-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-out", str(cert), "-keyout", str(key)]
    subprocess.run(
        [openssl, "req", "-x509", *(kind or PLAIN), "-days", "2", *subject, *files],
        check=True,
        capture_output=True,
    )
    return cert, key


def certificate_of(
    folder: Path, begin: str, end: str, extensions: str = "x509_extensions = extensions"
) -> tuple[Path, Path]:
    """Make one for these dates; `openssl req` takes none that are over. Without extensions: v1."""
    openssl = needs_openssl()
    place = folder / f"{begin}-{end}"
    place.mkdir()
    (place / "index.txt").touch()
    (place / "ca.cnf").write_text(AUTHORITY.format(extensions=extensions))
    ask = ["req", "-new", *PLAIN, "-subj", "/CN=dated", "-keyout", "key.pem", "-out", "ask.pem"]
    sign = ["ca", "-batch", "-selfsign", "-config", "ca.cnf", "-notext", "-keyfile", "key.pem"]
    sign += ["-in", "ask.pem", "-out", "cert.pem", "-startdate", begin, "-enddate", end]
    for command in (ask, sign):
        subprocess.run([openssl, *command], cwd=place, check=True, capture_output=True)
    return place / "cert.pem", place / "key.pem"


def replace(sources: tuple[Path, Path], targets: tuple[Path, Path]) -> None:
    """Put others in their place, the key first: for a moment it is another certificate's."""
    for source, target in zip(reversed(sources), reversed(targets), strict=True):
        beside = target.with_suffix(".new")
        shutil.copy(source, beside)
        beside.replace(target)


def shown(edge: EdgeProcess) -> str:
    """Give the certificate that it shows, or nothing while it does not answer."""
    try:
        return ssl.get_server_certificate(("127.0.0.1", edge.port), timeout=10).strip()
    except OSError:
        return ""


def tls_edge(kafka: Kafka, folder: Path, watchdog: Watchdog) -> tuple[EdgeProcess, Path, Path]:
    """Give an edge that is not started, and where its certificate and key have to be."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    settings = {"HEADRACE_EDGE_TLS_CERT": str(cert), "HEADRACE_EDGE_TLS_KEY": str(key)}
    return edge_process(kafka.address, folder, watchdog, settings), cert, key


OVER = "20200101000000Z", "20210101000000Z"
TO_COME = "20800101000000Z", "20810101000000Z"


def test_a_certificate_is_replaced_while_the_edge_runs(
    kafka: Kafka, tmp_path: Path, watchdog: Watchdog
) -> None:
    first, second = certificate(tmp_path, "first"), certificate(tmp_path, "second")
    edge, *files = tls_edge(kafka, tmp_path, watchdog)
    served = (files[0], files[1])
    replace(first, served)

    edge.child.start()
    edge.wait_until(lambda: shown(edge) == first[0].read_text().strip(), "showing the first one")
    parent = edge.child.pid
    replace(certificate_of(tmp_path, *OVER), served)
    edge.wait_until(lambda: "out of date" in edge.child.tail(40), "refusing one that is over")
    assert shown(edge) == first[0].read_text().strip()
    replace(second, served)

    edge.wait_until(lambda: shown(edge) == second[0].read_text().strip(), "showing the second one")
    assert edge.child.pid == parent
    edge.child.stop()


@pytest.mark.parametrize("dates", [pytest.param(OVER, id="over"), pytest.param(TO_COME, id="soon")])
def test_one_that_clients_refuse_for_its_dates_is_known(
    tmp_path: Path, dates: tuple[str, str]
) -> None:
    assert is_out_of_date(*certificate_of(tmp_path, *dates))
    assert not is_out_of_date(*certificate(tmp_path, "one"))


def test_an_edge_whose_certificate_is_over_says_so_and_serves_it(
    kafka: Kafka, tmp_path: Path, watchdog: Watchdog
) -> None:
    edge, cert, key = tls_edge(kafka, tmp_path, watchdog)
    over = certificate_of(tmp_path, *OVER)
    replace(over, (cert, key))

    edge.child.start()

    edge.wait_until(lambda: shown(edge) == over[0].read_text().strip(), "showing it")
    assert "Warning: the certificate" in edge.child.tail(40)
    edge.child.stop()


def test_what_was_recorded_of_a_connection_is_taken_only_once(
    kafka: Kafka, tmp_path: Path, watchdog: Watchdog
) -> None:
    edge, cert, key = tls_edge(kafka, tmp_path, watchdog)
    replace(certificate(tmp_path, "one"), (cert, key))
    edge.child.start()
    edge.wait_until(lambda: shown(edge), "showing it")
    recorded = bytearray()

    answer = post_through(recorder(edge.port, recorded), heartbeat())
    before = len(everything(edge.topic("content_sessions")))
    for _ in range(3):
        said = edge.raw(bytes(recorded))
        assert b"HTTP/1.1" not in said

    assert answer.startswith(b"HTTP/1.1 202")
    assert before == len(everything(edge.topic("content_sessions"))) == 1
    assert post_through(edge.port, heartbeat()).startswith(b"HTTP/1.1 202")
    edge.child.stop()


def recorder(port: int, recorded: bytearray) -> int:
    """Pass one connection on to a port, and keep what its client sends; give the port of it."""
    listener = socket.create_server(("127.0.0.1", 0))

    def pass_on(source: socket.socket, target: socket.socket, kept: bytearray) -> None:
        with suppress(OSError):
            while chunk := source.recv(65_536):
                kept += chunk
                target.sendall(chunk)
            target.shutdown(socket.SHUT_WR)

    def serve() -> None:
        client, _ = listener.accept()
        with listener, client, socket.create_connection(("127.0.0.1", port)) as server:
            back = threading.Thread(target=pass_on, args=(server, client, bytearray()), daemon=True)
            back.start()
            pass_on(client, server, recorded)
            back.join()

    threading.Thread(target=serve, daemon=True).start()
    return int(listener.getsockname()[1])


def post_through(port: int, event: bytes) -> bytes:
    """Send one request over TLS, and give all that comes back."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    head = (
        b"POST /v1/events/content_sessions HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(event)
    )
    with (
        socket.create_connection(("127.0.0.1", port), timeout=60) as plain,
        context.wrap_socket(plain) as connection,
    ):
        connection.sendall(head + event)
        received = b""
        while chunk := connection.recv(65_536):
            received += chunk
    return received


def elliptic(curve: str) -> tuple[str, ...]:
    return ("-newkey", "ec", "-pkeyopt", f"ec_paramgen_curve:{curve}", "-nodes")


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(PLAIN, id="RSA"),
        pytest.param(elliptic("prime256v1"), id="P-256"),
        pytest.param(elliptic("secp384r1"), id="P-384"),
        pytest.param(("-newkey", "ed25519", "-nodes"), id="Ed25519"),
    ],
)
def test_what_granian_has_is_served(tmp_path: Path, kind: tuple[str, ...]) -> None:
    assert is_fit(*certificate(tmp_path, "one", *kind))


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(("-newkey", "rsa:1024", "-nodes"), id="a short key"),
        pytest.param(elliptic("secp521r1"), id="a curve that it has not"),
        pytest.param(("-newkey", "ed448", "-nodes"), id="a kind that it has not"),
        pytest.param(("-newkey", "rsa:2048", "-passout", "pass:secret"), id="a password"),
    ],
)
def test_what_would_end_the_edge_is_not(tmp_path: Path, kind: tuple[str, ...]) -> None:
    assert not is_fit(*certificate(tmp_path, "one", *kind))


def test_a_certificate_of_version_1_is_not(tmp_path: Path) -> None:
    assert not is_fit(*certificate_of(tmp_path, *OVER, extensions=""))
    assert is_fit(*certificate_of(tmp_path, *TO_COME))


def test_half_a_certificate_is_not_served(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path, "one")
    whole = cert.read_text()

    cert.write_text(whole[: len(whole) // 2])

    assert not is_fit(cert, key)
    assert not is_fit(tmp_path / "nothing", key)
