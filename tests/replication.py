"""A streaming replica of a PostgreSQL server, which takes its place when that one dies."""

import subprocess
import time
from pathlib import Path

from devstack.engines import Postgres
from devstack.engines.postgres import program
from devstack.engines.postgres_owner import hand_over, server_user
from devstack.processes.watchdog import Watchdog

_SECONDS = 60


def replica_of(primary: Postgres, folder: Path, watchdog: Watchdog) -> Postgres:
    """Copy the primary, and start a server that follows it: a hot standby."""
    data, user = folder / "data", server_user()
    data.mkdir(parents=True)
    data.chmod(0o700)
    if user:
        hand_over(data, user)
    subprocess.run(
        [
            program("pg_basebackup"),
            *("--pgdata", data, "--dbname", primary.dsn("postgres")),
            *("--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast"),
        ],
        check=True,
        timeout=_SECONDS,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
    )
    replica = Postgres(folder, watchdog)
    replica.start()
    wait_until_streaming(primary)
    return replica


def wait_until_streaming(primary: Postgres) -> None:
    """Wait until the replica has everything that the primary has."""
    everything = (
        "SELECT count(*) FROM pg_stat_replication"
        " WHERE state = 'streaming' AND replay_lsn = pg_current_wal_lsn()"
    )
    deadline = time.monotonic() + _SECONDS
    while primary.query(everything).strip() != "1":
        assert time.monotonic() < deadline, primary.query("TABLE pg_stat_replication")
        time.sleep(0.1)


def commit_on_both(primary: Postgres) -> None:
    """Have the primary acknowledge a transaction only when the replica has it too."""
    primary.query("ALTER SYSTEM SET synchronous_standby_names = '*'")
    primary.query("SELECT pg_reload_conf()")
    deadline = time.monotonic() + _SECONDS
    while primary.query("SELECT sync_state FROM pg_stat_replication").strip() != "sync":
        assert time.monotonic() < deadline
        time.sleep(0.1)


def both(primary: Postgres, replica: Postgres) -> str:
    """Give the DSN that names the two."""
    port = replica.dsn().rpartition(":")[2].partition("/")[0]
    return primary.dsn().replace("/headrace", f",127.0.0.1:{port}/headrace")
