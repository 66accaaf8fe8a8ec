"""A new, migrated database on this machine, gone again at the end."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from db.migrate import migrate
from devstack.engines import Postgres
from devstack.processes.watchdog import Watchdog


@contextmanager
def temporary_database() -> Iterator[str]:
    """Give its DSN. Raises NotInstalledError where the extra `engines` is missing."""
    with tempfile.TemporaryDirectory(prefix="headrace-reference-") as folder, Watchdog() as dog:
        engine = Postgres(Path(folder), dog)
        engine.start()
        try:
            asyncio.run(migrate(engine.dsn()))
            yield engine.dsn()
        finally:
            engine.stop()
