"""TLS: another certificate is served without a restart."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from devstack.engines import Kafka
from devstack.processes.watchdog import Watchdog
from edge.certificates import is_fit
from tests.edge.edge_process import edge_process

PLAIN = ("-newkey", "rsa:2048", "-nodes")


def certificate(folder: Path, name: str, *kind: str) -> tuple[Path, Path]:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl")
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    subject = ["-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-out", str(cert), "-keyout", str(key)]
    subprocess.run(
        [openssl, "req", "-x509", *(kind or PLAIN), "-days", "2", *subject, *files],
        check=True,
        capture_output=True,
    )
    return cert, key


def test_a_certificate_is_replaced_while_the_edge_runs(
    kafka: Kafka, tmp_path: Path, watchdog: Watchdog
) -> None:
    first, second = certificate(tmp_path, "first"), certificate(tmp_path, "second")
    served = tmp_path / "cert.pem", tmp_path / "key.pem"
    for source, target in zip(first, served, strict=True):
        shutil.copy(source, target)
    settings = {"HEADRACE_EDGE_TLS_CERT": str(served[0]), "HEADRACE_EDGE_TLS_KEY": str(served[1])}
    edge = edge_process(kafka.address, tmp_path, watchdog, settings)

    def shown() -> str:
        try:
            return ssl.get_server_certificate(("127.0.0.1", edge.port), timeout=10).strip()
        except OSError:
            return ""

    edge.child.start()
    edge.wait_until(lambda: shown() == first[0].read_text().strip(), "showing the first one")
    parent = edge.child.pid
    for source, target in zip(reversed(second), reversed(served), strict=True):
        beside = target.with_suffix(".new")
        shutil.copy(source, beside)
        beside.replace(target)  # the key first: for a moment it is another certificate's

    edge.wait_until(lambda: shown() == second[0].read_text().strip(), "showing the second one")
    assert edge.child.pid == parent
    edge.child.stop()


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


def test_half_a_certificate_is_not_served(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path, "one")
    whole = cert.read_text()

    cert.write_text(whole[: len(whole) // 2])

    assert not is_fit(cert, key)
    assert not is_fit(tmp_path / "nothing", key)
