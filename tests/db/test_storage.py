"""What is stored is weighed by table, with its growth and with what retention frees next."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from click.testing import CliRunner

from app.cli.main import main
from app.cli.storage import report, size
from db.partitions import ensure_days
from db.retention_drops import expiry
from db.storage import Piece, Table, storage

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)


def piece(days_ago: int, size_bytes: int, rows: int = 1) -> Piece:
    starts = MIDNIGHT - timedelta(days=days_ago)
    return Piece(starts, starts + timedelta(days=1), size_bytes, 0, 0, rows)


def test_growth_is_that_of_the_last_days_and_of_the_part_of_today() -> None:
    past = Piece(None, MIDNIGHT - timedelta(days=9), 9_999, 0, 0, 1)
    table = Table("t", "raw", [past, piece(20, 777), piece(1, 1_000), piece(0, 500), piece(-1, 0)])

    assert table.bytes_per_day(NOW) == 1_000
    assert Table("t", "raw", [past]).bytes_per_day(NOW) is None


async def test_partitions_rows_and_what_will_be_freed(
    database: str, connection: asyncpg.Connection
) -> None:
    old = datetime.now(UTC) - timedelta(days=70)
    await ensure_days(connection, ["user_activity"], [old.date()])
    await connection.execute(
        "INSERT INTO user_activity"
        " SELECT $1::timestamptz, 'e', 'u', 'click', '/', NULL, 'tv', 'DE', 0, nth, 1"
        " FROM generate_series(1, 10000) AS nth",
        old,
    )
    await connection.execute("ANALYZE user_activity")

    found = {table.name: table for table in await storage(database)}

    table = found["user_activity"]
    assert (table.kind, table.rows, len(table.pieces)) == ("raw", 10_000, 4)
    assert 90 < (table.bytes_per_row or 0) < 200
    assert table.heap_bytes > table.bytes_before(expiry(60, datetime.now(UTC))) / 2 > 10_000 * 40
    assert found["content_plays_windows"].kind == "windows"
    assert found["stream_positions"].kind == "other"


def test_a_line_for_each_table_and_one_for_all() -> None:
    lines = list(report([Table("t", "raw", [piece(0, 2_048, 4)])], {"raw": 60}, NOW))

    assert lines == [
        ("t", "2.0 KiB", "0 B", "0 B", "4", "512 B", "4.0 KiB", "0 B"),
        ("all", "2.0 KiB", "0 B", "0 B", "4", "", "4.0 KiB", "0 B"),
    ]


def test_without_a_terminal_the_report_is_plain_lines(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADRACE_DATABASE", database)

    done = CliRunner().invoke(main, ["storage"])

    lines = [line.split("\t") for line in done.output.splitlines()]
    assert lines[0][:2] == ["table", "heap"]
    assert {"content_sessions", "event_dead_letters", "all"} <= {line[0] for line in lines}


@pytest.mark.parametrize(
    ("number", "words"),
    [(None, "-"), (0, "0 B"), (1_023, "1023 B"), (1_536, "1.5 KiB"), (3 * 2**40, "3.0 TiB")],
)
def test_sizes_are_written_for_people(number: float | None, words: str) -> None:
    assert size(number) == words
