"""Kafka's archives: pinned, whole or not there, and a word on how to get them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli.engines import engines
from config.extras import NotInstalledError, needs_extra
from devstack.engines import Kafka, jars
from tests.devstack.engines.inspecting_proxy import inspecting_proxy


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JGO_CACHE_DIR", str(tmp_path))
    return tmp_path


@pytest.mark.usefixtures("empty_cache")
def test_every_archive_is_pinned_by_its_digest() -> None:
    pinned = jars.pinned()

    assert len(pinned) == len({jar.file_name for jar in pinned}) == 46
    assert all(len(jar.sha256) == 64 for jar in pinned)
    assert jars.missing() == pinned


@pytest.mark.usefixtures("empty_cache")
def test_an_archive_that_was_cut_off_is_missing() -> None:
    jar = jars.pinned()[0]
    jars.folder().mkdir(parents=True)
    file = jars.folder() / jar.file_name

    file.write_bytes(b"x" * (jar.size_bytes - 1))
    assert jar in jars.missing()
    file.write_bytes(b"x" * jar.size_bytes)
    assert jar not in jars.missing()


def test_a_broker_without_its_archives_says_how_to_get_them(empty_cache: Path) -> None:
    with pytest.raises(NotInstalledError, match="headrace engines install"):
        Kafka(empty_cache / "kafka").start()


def test_a_second_installation_is_instant_and_says_so(kafka: Kafka) -> None:
    del kafka  # it runs, so the archives are there

    result = CliRunner().invoke(engines, ["install"])

    assert result.exit_code == 0
    assert "is there already" in result.output


def test_a_missing_extra_says_what_to_install() -> None:
    advice = r"psutil .* pip install .* -e '\.\[engines\]'"

    with pytest.raises(NotInstalledError, match=advice), needs_extra():
        raise ModuleNotFoundError(name="psutil")


def test_a_proxy_that_inspects_tls_is_told_what_to_name(tmp_path: Path) -> None:
    with inspecting_proxy(tmp_path) as url:
        proxies = dict.fromkeys(("HTTPS_PROXY", "https_proxy"), url)
        others = {
            name: it
            for name, it in os.environ.items()
            if name not in {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NO_PROXY", "no_proxy"}
        }
        done = subprocess.run(
            [sys.executable, "-m", "app", "engines", "install"],
            # a home of its own: a mirror may be named in that of whoever runs the tests
            env=others | proxies | {"JGO_CACHE_DIR": str(tmp_path), "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 2
    assert "(PEM) in REQUESTS_CA_BUNDLE" in done.stderr
    assert "Traceback" not in done.stderr
