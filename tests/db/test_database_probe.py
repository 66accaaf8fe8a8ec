"""Workers keep for the alerts what they run with, each of its own streams."""

import json

import asyncpg
from pydantic import SecretStr

from app.worker.monitoring import probe
from config.settings import Settings
from db.database_probe import AlertSettings, probe_database


async def settings_in(dsn: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetch("SELECT name, value, xmin FROM alert_settings")
    finally:
        await connection.close()


async def versions(dsn: str) -> dict[str, object]:
    """Give what writes to a row change."""
    return {row["name"]: row["xmin"] for row in await settings_in(dsn)}


async def kept(dsn: str) -> dict[str, object]:
    return {row["name"]: json.loads(row["value"]) for row in await settings_in(dsn)}


async def test_it_sees_capacities_and_the_weight_of_the_database(database: str) -> None:
    seen = await probe_database(database, AlertSettings(["purchases"], [], 5_000_000_000))

    assert seen.cdn_capacity_mbps["Akamai"] > 0
    assert seen.database_bytes is not None
    assert seen.database_bytes > 1_000_000
    assert await kept(database) == {"quiet_streams": [], "database_bytes_allowed": 5_000_000_000}


async def test_workers_of_other_streams_leave_each_other_alone(database: str) -> None:
    await probe_database(database, AlertSettings(["purchases", "media_events"], ["purchases"], 0))
    await probe_database(database, AlertSettings(["market_ticks"], ["market_ticks"], 0))
    both = await kept(database)
    await probe_database(
        database, AlertSettings(["purchases", "media_events"], ["media_events"], 0)
    )

    assert both["quiet_streams"] == ["market_ticks", "purchases"]
    assert (await kept(database))["quiet_streams"] == ["market_ticks", "media_events"]


async def test_what_is_kept_already_is_not_written_again(database: str) -> None:
    await probe_database(database, AlertSettings(["market_ticks"], ["market_ticks"], 10))
    settings = AlertSettings(["purchases", "media_events"], ["purchases"], 10)
    await probe_database(database, settings)
    before = await versions(database)

    await probe_database(database, settings)

    assert await versions(database) == before


async def test_a_stream_that_nobody_runs_any_more_may_be_quiet(database: str) -> None:
    settings = Settings(
        database=SecretStr(database), streams=("purchases",), quiet_streams=("market_ticks",)
    )

    await probe(settings, ["purchases"])

    assert (await kept(database))["quiet_streams"] == ["market_ticks"]
