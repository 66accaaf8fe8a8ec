"""Pathway storing raw rows of the same topic into the same server."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
import venv
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from benchmarks.environment import Place
from benchmarks.prefilled_topic import Backlog
from benchmarks.progress import check_running
from devstack.processes.child import Child

REQUIREMENT = "pathway==0.33.0"
_PROGRAM = Path(__file__).parent / "peers" / "pathway_raw.py"
_POLL_SECONDS = 0.05
_STILL_SECONDS = 1.0


def interpreter() -> Path:
    """Give a Python that has Pathway, made if need be.

    An environment of its own: Pathway wants python-dateutil < 3, which constraints.txt has not.
    """
    if find_spec("pathway"):
        return Path(sys.executable)
    home = Path(sys.prefix) / "peers" / REQUIREMENT
    python = home / "bin" / "python"
    if not (home / "complete").exists():
        venv.create(home, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check", REQUIREMENT]
        subprocess.run(pip, check=True, stdout=sys.stderr)
        (home / "complete").touch()
    return python


async def pathway_rate(place: Place, backlog: Backlog, dsn: str) -> float:
    """Give events/s from the first stored row to the last."""
    database = urlsplit(dsn)
    where = [str(database.hostname), str(database.port), database.path[1:]]
    name = place.name("pathway")
    child = Child(
        name,
        [str(interpreter()), str(_PROGRAM), place.kafka.address, backlog.topic, *where],
        place.folder / f"{name}.log",
        environment={"PATHWAY_TELEMETRY_SERVER": ""},
        watchdog=place.watchdog,
        grace_seconds=2.0,
    )
    child.start()
    try:
        return await _watch(child, dsn, backlog.events)
    finally:
        child.stop()


async def _watch(child: Child, dsn: str, events: int) -> float:
    """Follow the table's size, which costs nothing; count when it stands still.

    It grows a moment before its rows are visible, at the first row as at the last.
    """
    started = time.time()
    connection = await asyncpg.connect(dsn)
    first, last, size = 0.0, 0.0, 0
    try:
        while True:
            check_running([child], started)
            grown = await connection.fetchval(
                "SELECT COALESCE(pg_relation_size(to_regclass('pathway_sessions')), 0)"
            )
            now = time.time()
            if grown != size:
                first, last, size = first or now, now, grown
            elif size and now - last > _STILL_SECONDS:
                rows = await connection.fetchval("SELECT count(*) FROM pathway_sessions")
                if rows >= events:
                    return float(rows / (last - first))
            await asyncio.sleep(_POLL_SECONDS)
    finally:
        await connection.close()
