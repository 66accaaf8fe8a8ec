"""`headrace recompute`, as it is called."""

import asyncio
from random import Random

import asyncpg
import pytest
from click.testing import CliRunner, Result

from app.cli.main import main
from models.content_sessions import CONTENT_SESSIONS
from tests.sinks.random_events import Filling

SPAN = ("--from", "2026-11-22T08:30Z", "--to", "2026-11-22T11:30Z")
COUNT = "SELECT count(*) FROM traffic_by_cdn_windows"


@pytest.fixture
def filled(database: str) -> str:
    """Give a database with events around 10:00, whose windows were declared just now: empty."""

    async def fill() -> None:
        filling = Filling(database, CONTENT_SESSIONS, Random(1))
        await filling.write(partitions=2, events=300)
        await filling.sink.close()

    asyncio.run(fill())
    execute(database, "TRUNCATE traffic_by_cdn_windows")
    return database


def test_a_window_declared_later_is_filled_for_the_past_and_again_is_no_harm(
    filled: str,
) -> None:
    first = call(filled, "traffic_by_cdn", *SPAN)
    windows = execute(filled, COUNT)
    again = call(filled, "traffic_by_cdn", *SPAN)

    assert first.exit_code == 0, first.output
    assert "2026-11-22T08:30:00Z to 2026-11-22T11:30:00Z, in 4 steps" in first.output
    assert "2026-11-22T08:30:00Z to 2026-11-22T11:30:00Z: " in first.output
    assert last_line(first) == (
        f"traffic_by_cdn: 3 hours, 600 raw rows read, {windows} windows were wrong and are rebuilt"
    )
    assert last_line(again) == (
        "traffic_by_cdn: 3 hours, 600 raw rows read, 0 windows were wrong and are rebuilt"
    )


def test_a_dry_run_tells_and_changes_nothing(filled: str) -> None:
    result = call(filled, "traffic_by_cdn", *SPAN, "--dry-run")

    assert result.exit_code == 0, result.output
    assert last_line(result).endswith(" windows are wrong")
    assert execute(filled, COUNT) == 0


def test_times_between_windows_are_rounded_outward_and_no_zone_is_utc(filled: str) -> None:
    span = ("--from", "2026-11-22 10:00:30", "--to", "2026-11-22T11:01:00.000001+01:00")

    result = call(filled, "traffic_by_cdn", *span)

    assert result.output.splitlines()[0] == (
        "2026-11-22T10:00:00Z to 2026-11-22T10:02:00Z, in 1 steps"
    )


def test_missing_raw_rows_are_told_with_what_to_do(filled: str) -> None:
    call(filled, "traffic_by_cdn", *SPAN)
    execute(filled, "DELETE FROM content_sessions WHERE time < '2026-11-22T10:00Z'")

    refused = call(filled, "traffic_by_cdn", *SPAN)
    later = call(filled, "traffic_by_cdn", "--from", "2026-11-22T10:00:00Z", *SPAN[2:])
    followed = call(filled, "traffic_by_cdn", *SPAN, "--with-fewer")

    assert refused.exit_code == 1
    assert "go on with --from 2026-11-22T10:00:00Z" in refused.output
    assert later.exit_code == 0, later.output
    assert followed.exit_code == 0, followed.output
    assert execute(filled, f"{COUNT} WHERE window_start < '2026-11-22T10:00Z'") == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(
            ("traffic", *SPAN), "there are candles_by_product, content_plays", id="window"
        ),
        pytest.param(("traffic_by_cdn", "--from", "yesterday"), "2026-11-22T10:00Z", id="no time"),
        pytest.param(
            ("traffic_by_cdn", "--from", "2026-11-22", "--to", "2026-11-22"),
            "must be before --to",
            id="no span",
        ),
    ],
)
def test_a_mistake_is_told_with_what_would_be_right(arguments: tuple[str, ...], told: str) -> None:
    result = call("postgresql://nobody@127.0.0.1:1/none", *arguments)

    assert result.exit_code == 2
    assert told in " ".join(result.output.split())


def test_a_stream_that_keeps_no_raw_rows_is_refused() -> None:
    result = call(
        "postgresql://nobody@127.0.0.1:1/none",
        "traffic_by_cdn",
        *SPAN,
        HEADRACE_WINDOWS_ONLY="content_sessions",
    )

    assert result.exit_code == 1
    assert "no raw rows of content_sessions are stored" in result.output


def call(dsn: str, *arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(
        main, ["recompute", *arguments], env={"HEADRACE_DATABASE": dsn, **environment}
    )


def last_line(result: Result) -> str:
    return result.output.splitlines()[-1]


def test_elsewhere_than_on_a_terminal_a_day_is_a_line(filled: str) -> None:
    """A year of hours was 8,760 of them."""
    done = call(
        filled, "traffic_by_cdn", "--from", "2026-11-20T23:00Z", "--to", "2026-11-23T01:00Z"
    )

    plan, *days, total = done.output.splitlines()
    assert plan.endswith("in 50 steps")
    assert [day.partition(" to ")[0] for day in days] == [
        "2026-11-20T23:00:00Z",
        "2026-11-21T00:00:00Z",
        "2026-11-22T00:00:00Z",
        "2026-11-23T00:00:00Z",
    ]
    rows = [int(day.partition("Z: ")[2].split()[0].replace(",", "")) for day in days]
    assert sum(rows) > 0
    assert f"{sum(rows):,} raw rows read" in total


def execute(dsn: str, sql: str) -> object:
    async def run() -> object:
        connection = await asyncpg.connect(dsn)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(run())
