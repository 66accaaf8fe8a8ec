"""TLS: another certificate is served without a restart."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from devstack.engines import Kafka
from devstack.processes.watchdog import Watchdog
from tests.edge.edge_process import edge_process


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl")
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    subject = ["-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-out", str(cert), "-keyout", str(key)]
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject, *files],
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
