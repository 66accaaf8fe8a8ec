"""All checks, at once: each bounded in time, and none stops another."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable

from config.settings import Settings
from devstack.place.addresses import Places, without_password
from doctor import machine
from doctor.database import database
from doctor.finding import Finding, Secrets
from doctor.kafka import kafka
from doctor.running_sinks import running_sinks
from doctor.settings import readable, sinks, topics
from doctor.variables import check_variables
from doctor.ways_in import ways_in

_ANSWER_SECONDS = 5.0
_CHECK_SECONDS = 12.0

Check = Callable[[], Awaitable[Iterable[Finding]]]


async def examine() -> list[Finding]:
    """Look at everything; takes at most twelve seconds."""
    settings, findings = readable()
    names, more = topics(settings)
    places = Places.find(settings)
    skew = settings.allowed_skew_seconds
    checks: dict[str, Check] = {
        "broker": lambda: kafka(places.broker, names, settings.group, skew),
        "database": lambda: database(
            places.database, _ANSWER_SECONDS, settings.database_bytes_allowed
        ),
        "ports": lambda: asyncio.to_thread(lambda: list(machine.ports(settings))),
        "disk": lambda: asyncio.to_thread(lambda: [machine.disk(settings)]),
        "sinks": lambda: asyncio.to_thread(lambda: list(running_sinks(settings))),
        "sources": lambda: asyncio.to_thread(lambda: list(ways_in(settings))),
        "Grafana": lambda: asyncio.to_thread(lambda: [machine.grafana(settings)]),
    }
    found = await asyncio.gather(*(_bounded(name, check) for name, check in checks.items()))
    flat = [finding for some in found for finding in some]
    every = [*check_variables(os.environ), *findings, *more, *sinks(settings), *flat]
    return [_without(_secrets(settings, places), finding) for finding in every]


async def _bounded(name: str, check: Check) -> list[Finding]:
    try:
        async with asyncio.timeout(_CHECK_SECONDS):
            return list(await check())
    except TimeoutError:
        said = f"no answer within {_CHECK_SECONDS:.0f} s"
        return [Finding(name, said, "is the address right, and no firewall between?")]
    except Exception as error:  # noqa: BLE001 - a fault of one check must not hide the others
        said = f"this check failed itself: {type(error).__name__}: {error}"
        return [Finding(name, said, "report it as a bug")]


def _secrets(settings: Settings, places: Places) -> Secrets:
    reader = settings.reader_password
    words = [
        without_password(places.database.address)[1],
        reader.get_secret_value() if reader else None,
        os.environ.get("PGPASSWORD"),
        os.environ.get("HEADRACE_GRAFANA_TOKEN"),
    ]
    # one that is short is in every second word, and hiding it would tell where
    return Secrets(tuple(word for word in words if word and len(word) > 3))  # noqa: PLR2004


def _without(secrets: Secrets, finding: Finding) -> Finding:
    return Finding(finding.check, secrets.hide(finding.said), secrets.hide(finding.cure))
