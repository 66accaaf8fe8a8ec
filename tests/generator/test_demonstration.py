"""CDNs of a demonstration can carry what is simulated; what a person has set stays."""

import asyncpg
import pytest
from click.testing import CliRunner

from app.cli.main import main
from config.settings import Settings
from devstack.engines import Postgres
from devstack.services.broker_and_database import Engines
from generator.demonstration import raise_cdn_capacities
from generator.streams import SIMULATED
from generator.watched import mbps_by_cdn

EXAMPLE = {"Akamai": 500, "Fastly": 750, "CloudFront": 300}


@pytest.mark.parametrize("rate", [500.0, 1_000.0, 2_000.0, 3_333.3, 20_000.0, 1_000_000.0, 0.0])
async def test_each_cdn_is_used_to_forty_to_seventy_five_percent(
    database: str, rate: float
) -> None:
    raised = await raise_cdn_capacities(database, Settings(), rate)

    capacity = await capacities(database)
    assert raised == capacity
    traffic = mbps_by_cdn(rate or 20_000, SIMULATED)
    used = {cdn: mbps / capacity[cdn] for cdn, mbps in traffic.items()}
    assert set(used) == set(EXAMPLE)
    assert [cdn for cdn, share in used.items() if not 0.4 <= share <= 0.75] == []


async def test_a_small_rate_needs_no_more_than_the_example(database: str) -> None:
    assert await raise_cdn_capacities(database, Settings(), 30) == {}

    assert await capacities(database) == EXAMPLE


async def test_what_was_raised_is_raised_again_and_never_lowered(database: str) -> None:
    low = await raise_cdn_capacities(database, Settings(), 1_000)
    high = await raise_cdn_capacities(database, Settings(), 10_000)

    assert await raise_cdn_capacities(database, Settings(), 1_000) == {}
    assert await raise_cdn_capacities(database, Settings(), 10_000) == {}

    assert all(high[cdn] > low[cdn] > mbps for cdn, mbps in EXAMPLE.items())
    assert await capacities(database) == high


@pytest.mark.parametrize("mbps", [0, 1, 400, 501, 700, 1_000, 10_000])
async def test_what_a_person_has_set_is_never_touched(database: str, mbps: int) -> None:
    connection = await asyncpg.connect(database)
    await connection.execute("UPDATE cdn_capacity SET max_capacity_mbps = $1", mbps)
    await connection.execute("INSERT INTO cdn_capacity VALUES ('Own', 10)")
    await connection.close()

    assert await raise_cdn_capacities(database, Settings(), 20_000) == {}

    assert await capacities(database) == dict.fromkeys(EXAMPLE, mbps) | {"Own": 10}


async def test_one_that_was_removed_is_not_made_again(database: str) -> None:
    connection = await asyncpg.connect(database)
    await connection.execute("DELETE FROM cdn_priority; DELETE FROM cdn_capacity")
    await connection.close()

    assert await raise_cdn_capacities(database, Settings(), 2_000) == {}

    assert await capacities(database) == {}


async def test_without_players_nothing_is_raised(database: str) -> None:
    settings = Settings(streams=("purchases",))

    assert await raise_cdn_capacities(database, settings, 20_000) == {}


def test_migrate_raises_only_when_it_is_told_to(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADRACE_DATABASE", database)

    plain = CliRunner().invoke(main, ["migrate"])
    told = CliRunner().invoke(main, ["migrate", "--simulated", "1000"])
    again = CliRunner().invoke(main, ["migrate", "--simulated", "1000"])

    line = "cdn_capacity, for simulated clients: Akamai 14,001 Mbit/s\n"
    assert (plain.exit_code, told.exit_code, again.exit_code) == (0, 0, 0)
    assert "cdn_capacity" not in plain.output
    assert line in told.output
    assert "cdn_capacity" not in again.output


async def test_up_raises_in_its_own_database_and_in_no_other(
    own_postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    dsn = own_postgres.dsn()
    monkeypatch.setenv("HEADRACE_DATABASE", dsn)

    await Engines(None, None, Settings()).migrate(2_000)
    of_somebody_else = await capacities(dsn)
    await Engines(None, own_postgres, Settings()).migrate(2_000)

    assert of_somebody_else == EXAMPLE
    assert all(mbps > EXAMPLE[cdn] for cdn, mbps in (await capacities(dsn)).items())


async def capacities(dsn: str) -> dict[str, int]:
    connection = await asyncpg.connect(dsn)
    rows = await connection.fetch("SELECT cdn_name, max_capacity_mbps FROM cdn_capacity")
    await connection.close()
    return {row["cdn_name"]: row["max_capacity_mbps"] for row in rows}
