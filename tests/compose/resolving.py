"""docker-compose.yml as the two Compose implementations read it, in an environment of its own."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, NoReturn

import pytest
import yaml

ROOT = Path(__file__).parents[2]
OURS_ALWAYS = {"edge", "generator", "migrate", "worker"}
OF_CLICKHOUSE = {"clickhouse", "migrate-clickhouse", "sink-clickhouse"}
OURS = OURS_ALWAYS | (OF_CLICKHOUSE - {"clickhouse"}) | {"sink-parquet", "source-files"}
PROFILES = {
    "clickhouse": OF_CLICKHOUSE,
    "minio": {"minio"},
    "sinks": OF_CLICKHOUSE | {"sink-parquet"},
    "sources": {"source-files"},
}
"""What each profile adds."""

_SECONDS = 60


def required(missing: str) -> NoReturn:
    """Skip with the reason, or fail where CI=true."""
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)


def program(name: str, where_from: str) -> str:
    """Find a program that a test needs."""
    return shutil.which(name) or required(f"no {name} on PATH: {where_from}")


def by_docker_compose(folder: Path, *profiles: str) -> dict[str, Any]:
    """Resolve the folder's file with docker-compose 1.29, which prints `$` as `$$`."""
    wanted = [f"--profile={profile}" for profile in profiles]
    command = [program("docker-compose", "Debian's package of that name"), *wanted, "config"]
    return dict(yaml.safe_load(_run(command, folder)))


def by_compose_v2(loader: Path, folder: Path, *profiles: str) -> dict[str, Any]:
    """Resolve the folder's file with the loader that Compose v2 is built from."""
    return dict(json.loads(_run([str(loader), str(folder), *profiles], folder)))


def _run(command: list[str], folder: Path) -> str:
    clean = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    done = subprocess.run(
        command,
        cwd=folder,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
