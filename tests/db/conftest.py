"""A connection to the test's own database."""

from collections.abc import AsyncIterator

import asyncpg
import pytest


@pytest.fixture
async def connection(database: str) -> AsyncIterator[asyncpg.Connection]:
    """Connect to a migrated database that only this test uses."""
    connection = await asyncpg.connect(database, server_settings={"timezone": "UTC"})
    yield connection
    await connection.close()
