"""A database for each test of the ClickHouse sink."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from devstack.engines.clickhouse import Clickhouse
from tests.sinks.clickhouse.beside import Place


@pytest.fixture
def place(clickhouse: Clickhouse) -> Iterator[Place]:
    database = f"t{uuid4().hex}"
    yield Place(clickhouse, database)
    clickhouse.query(f"DROP DATABASE IF EXISTS {database}")
