"""What the image holds, without Docker: the build stage's commands, run in a folder."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.compose import dockerfile
from tests.compose.resolving import ROOT

_SECONDS = 280


class Image:
    """The folder stands for the image's file system; `/opt/headrace` is in it."""

    def __init__(self, folder: Path) -> None:
        self.installed = folder / "opt" / "headrace"
        self.local = folder / "usr" / "local" / "bin"
        self.work = folder / "srv"
        """Stays empty: the image's user may not write there."""
        self._source = folder / "source"

    def build(self) -> None:
        """Copy the build context and run the build stage's commands there."""
        for path in dockerfile.context():
            place = self._source / path
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, place)
        build, final = dockerfile.stages()
        variables = _variables(dockerfile.texts(build, "ENV"))
        for command in dockerfile.texts(build, "RUN"):
            self._run(command.replace("/opt/headrace", str(self.installed)), variables)
        self.local.mkdir(parents=True)
        self.work.mkdir()
        for copied in dockerfile.texts(final, "COPY"):
            source, target = copied.split()[-2:]
            if target.startswith("/usr/local/bin/"):
                shutil.copy2(self._source / source, self.local / Path(target).name)

    @property
    def environment(self) -> dict[str, str]:
        """Give the environment of its processes: nothing of whoever runs the tests."""
        folders = [self.installed / "bin", self.local, "/usr/bin", "/bin"]
        variables = _variables(dockerfile.texts(dockerfile.stages()[-1], "ENV"))
        return {
            **variables,
            "PATH": os.pathsep.join(map(str, folders)),
            "HOME": str(self.work),
        }

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run one command as in a container."""
        return subprocess.run(
            command,
            cwd=self.work,
            env=self.environment | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )

    def _run(self, command: str, variables: Mapping[str, str]) -> None:
        own = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        done = subprocess.run(  # noqa: S602 - the Dockerfile's own shell commands
            command,
            shell=True,
            cwd=self._source,
            env={**own, **variables, "PATH": path, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-2_000:]}{done.stderr[-2_000:]}"


def _variables(texts: list[str]) -> dict[str, str]:
    return dict(pair.split("=", 1) for text in texts for pair in text.split())
