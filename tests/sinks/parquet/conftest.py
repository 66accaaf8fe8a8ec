"""An S3 for the sink, and sinks in it or in a folder."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from devstack.processes.watchdog import Watchdog
from tests.sinks.parquet.gateway import Gateway, NotBuiltError, program


@pytest.fixture(scope="session")
def _gateway_program() -> Path:
    try:
        return program()
    except NotBuiltError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def gateway(engine_folder: Path, watchdog: Watchdog, _gateway_program: Path) -> Iterator[Gateway]:
    # A folder of its own: tests/sources/files has this fixture too, which makes a second gateway.
    # In the same folder that would end the first, as what a killed run has left.
    engine = Gateway(engine_folder / uuid4().hex, watchdog)
    engine.start()
    yield engine
    engine.stop()


@pytest.fixture
def own_gateway(
    engine_folder: Path, watchdog: Watchdog, _gateway_program: Path
) -> Iterator[Gateway]:
    """Start one that this test may kill, stop and start."""
    engine = Gateway(engine_folder / uuid4().hex, watchdog)
    engine.start()
    yield engine
    engine.kill()
    shutil.rmtree(engine.folder)


@pytest.fixture(params=["local", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    """Give the options of a sink in an empty place, of each kind there is."""
    if request.param == "local":
        return {"path": str(tmp_path / "parquet")}
    gateway: Gateway = request.getfixturevalue("gateway")
    return gateway.options(gateway.bucket())
