"""The package of docs/guides/add-a-sink.md, built and installed into a folder of its own."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

_GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "add-a-sink.md"
_FILE = re.compile(r"^`([\w./]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write down the files that the guide shows."""
    folder = tmp_path_factory.mktemp("headrace-sqlite")
    for name, text in _FILE.findall(_GUIDE.read_text(encoding="utf-8")):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def installed(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build its wheel and install it; give the folder, which is one for PYTHONPATH."""
    folder, wheels = tmp_path_factory.mktemp("installed"), package / "dist"
    _pip("wheel", "--no-build-isolation", "--wheel-dir", str(wheels), str(package))
    [wheel] = wheels.glob("*.whl")
    _pip("install", "--target", str(folder), str(wheel))
    return folder


def _pip(command: str, *arguments: str) -> None:
    pip = [sys.executable, "-m", "pip", command, "--quiet", "--no-deps", "--no-index"]
    done = subprocess.run([*pip, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
