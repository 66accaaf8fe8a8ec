"""A place with a copy of docker-compose.yml: no `.env` of whoever runs the tests is read."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.compose.image import Image
from tests.compose.resolving import ROOT, by_docker_compose, program

_BUILD_SECONDS = 280


@pytest.fixture
def place(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "docker-compose.yml", tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    """Give every service as docker-compose 1.29 resolves it, with no `.env`."""
    place = tmp_path_factory.mktemp("services")
    shutil.copy(ROOT / "docker-compose.yml", place)
    return dict(by_docker_compose(place)["services"])


@pytest.fixture(scope="session")
def loader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build Compose v2's loader: a minute the first time, as Go compiles what it fetched."""
    go = program("go", "Go 1.24 or newer")
    built = tmp_path_factory.mktemp("loader") / "loader"
    subprocess.run(
        [go, "build", "-o", built, "."],
        cwd=ROOT / "tests/compose/loader",
        check=True,
        timeout=_BUILD_SECONDS,
    )
    return built


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """Run the Dockerfile's build stage in a folder: it fetches what the image would."""
    image = Image(tmp_path_factory.mktemp("image"))
    image.build()
    return image
