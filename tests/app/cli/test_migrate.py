"""`headrace migrate` says in which way tables are cut, and can choose TimescaleDB."""

from pathlib import Path

from devstack.engines import Postgres
from tests.app.commands import headrace
from tests.databases import temporary_database
from tests.devstack.engines.timescale.engine import timescale


def test_it_says_which_way_was_chosen_each_time(tmp_path: Path, postgres: Postgres) -> None:
    with temporary_database(postgres, "new") as name:
        settings = {"HEADRACE_DATABASE": postgres.dsn(name)}

        first = headrace(tmp_path, "migrate", **settings)
        again = headrace(tmp_path, "migrate", **settings)

    assert first.stdout.endswith("tables are cut into PostgreSQL's own partitions\n")
    assert again.stdout.endswith("tables are cut into PostgreSQL's own partitions\n")


def test_a_server_without_timescaledb_is_told_in_a_line_and_nothing_is_migrated(
    tmp_path: Path, postgres: Postgres
) -> None:
    with temporary_database(postgres, "new") as name:
        settings = {"HEADRACE_DATABASE": postgres.dsn(name)}

        done = headrace(tmp_path, "migrate", "--timescale", **settings)
        tables = postgres.query("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", name)

    assert done.returncode == 1
    assert done.stderr.startswith("Error: this server does not have TimescaleDB: install")
    assert done.stderr.count("\n") == 1
    assert tables == "0\n"


def test_the_extension_first_and_a_library_that_is_loaded_and_not_used(tmp_path: Path) -> None:
    with timescale() as dsn:
        settings = {"HEADRACE_DATABASE": dsn}
        unused = headrace(tmp_path, "migrate", **settings)
        late = headrace(tmp_path, "migrate", "--timescale", **settings)
        moved = headrace(tmp_path, "migrate", "--to-timescale", **settings)
    with timescale() as dsn:
        first = headrace(tmp_path, "migrate", "--timescale", HEADRACE_DATABASE=dsn)

    assert "headrace migrate --to-timescale" in unused.stdout
    assert "15 tables are PostgreSQL's own partitions" in late.stdout
    assert "headrace migrate --to-timescale" in late.stdout
    assert "moved to TimescaleDB: 15 tables" in moved.stdout
    assert "tables are hypertables of TimescaleDB" in moved.stdout
    assert "tables are hypertables of TimescaleDB" in first.stdout
