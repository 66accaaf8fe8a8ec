"""All sinks at once, their workers frozen past their session and overtaken: all are exact.

The long form, with kills of workers and servers at named points and a control that has to fail, is
`python -m tests.chaos.sinks`.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest

from devstack.engines import Kafka, Postgres
from devstack.engines.clickhouse import Clickhouse
from devstack.processes.watchdog import Watchdog
from tests.chaos.load import Load
from tests.chaos.sinks import faults
from tests.chaos.sinks.stage import SinksStage
from tests.databases import temporary_database
from tests.sinks.parquet.gateway import Gateway, NotBuiltError, program

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(600)]


@pytest.fixture
def s3(engine_folder: Path, watchdog: Watchdog) -> Iterator[Gateway]:
    try:
        program()
    except NotBuiltError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
    engine = Gateway(engine_folder / uuid4().hex, watchdog)
    engine.start()
    yield engine
    engine.kill()
    shutil.rmtree(engine.folder)


@pytest.fixture
def stage(  # noqa: PLR0917 - fixtures
    kafka: Kafka,
    postgres: Postgres,
    clickhouse: Clickhouse,
    s3: Gateway,
    engine_folder: Path,
    watchdog: Watchdog,
) -> Iterator[SinksStage]:
    load = Load(workers=1, partitions=2, events_per_second=500, session_timeout_seconds=3)
    with (
        temporary_database(postgres, "sinks") as name,
        SinksStage(
            kafka.address,
            postgres.dsn(name),
            engine_folder,
            watchdog,
            load,
            clickhouse=clickhouse,
            s3=s3,
        ) as stage,
    ):
        yield stage


def test_workers_of_all_sinks_are_frozen_and_overtaken(stage: SinksStage) -> None:
    faults.freeze(stage, Random(1))

    problems = stage.compare()

    assert stage.truth.records > 1_000
    assert not problems, "\n".join(problems)
