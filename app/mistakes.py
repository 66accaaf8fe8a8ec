"""Everyday mistakes in words: what is wrong, which variable says so, and what to do.

The one place that tells a mistake of who runs Headrace from a bug of Headrace's. No words of it
hold the value of a setting.
"""

import errno
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from aiokafka.errors import KafkaConnectionError, KafkaError

from app.engines import EngineError
from app.extras import NotInstalledError
from app.settings import Settings
from app.up.home import NotOursError
from db.mistakes import meaning
from generator.settings import Settings as GeneratorSettings
from generator.target import BrokerUnreachable
from models.environment import SettingsError, unknown_variables, variables
from sinks.base import SinkUnavailable, WentBackError
from telemetry.server import PortTakenError

EXIT_CODE = 2

_TOLD = (
    SettingsError,
    EngineError,
    NotInstalledError,
    NotOursError,
    BrokerUnreachable,
    PortTakenError,
    WentBackError,
)
"""Their own words are enough."""

_ELSEWHERE = (
    # of docker-compose.yml, the dashboards and `headrace grafana deploy`
    "HEADRACE_ALERT_EMAIL",
    "HEADRACE_ALERT_WEBHOOK_URL",
    "HEADRACE_CLICKHOUSE_DATABASE",
    "HEADRACE_CLICKHOUSE_HOST",
    "HEADRACE_CLICKHOUSE_PASSWORD",
    "HEADRACE_CLICKHOUSE_PORT",
    "HEADRACE_CLICKHOUSE_USER",
    "HEADRACE_DATABASE_PASSWORD",
    "HEADRACE_EVENTS_PER_SECOND",
    "HEADRACE_GRAFANA_DASHBOARDS",
    "HEADRACE_GRAFANA_TOKEN",
    "HEADRACE_POSTGRES_DATABASE",
    "HEADRACE_POSTGRES_SSLMODE",
    "HEADRACE_POSTGRES_URL",
    "HEADRACE_PROMETHEUS_URL",
)


def told(error: BaseException) -> str | None:
    """Say what is wrong in one to three lines; None for what is no everyday mistake."""
    if isinstance(error, _TOLD):
        return str(error)
    if isinstance(error, SinkUnavailable):
        return (meaning(error.__cause__) if error.__cause__ else None) or str(error)
    if isinstance(error, KafkaConnectionError):
        return "HEADRACE_BROKER: no Kafka broker answers. Start it, or correct the address"
    if isinstance(error, KafkaError):
        return f"HEADRACE_BROKER: Kafka does not do what is asked ({type(error).__name__})"
    return meaning(error) or (_of_this_machine(error) if isinstance(error, OSError) else None)


def warn_of_unknown_variables(environment: Mapping[str, str] = os.environ) -> None:
    """Write to stderr which `HEADRACE_*` variables are none: a typing error, most likely."""
    known = [*variables(Settings), *variables(GeneratorSettings), *_ELSEWHERE]
    for line in unknown_variables(known, environment):
        sys.stderr.write(f"Warning: {line}\n")


def _of_this_machine(error: OSError) -> str | None:
    if error.errno == errno.EADDRINUSE:
        return (
            "another process listens at an address that this one needs: set other ports "
            "(HEADRACE_WEB_PORT and HEADRACE_METRICS_PORT for a worker)"
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return (
            "this machine has no such address to listen at: HEADRACE_WEB_HOST and "
            "HEADRACE_METRICS_HOST name one of its own, or 0.0.0.0"
        )
    if error.filename is None or not error.strerror:
        return None
    if _is_of_home(Path(os.fsdecode(error.filename))):
        return f"HEADRACE_HOME: {error.strerror}. Name a folder that this user may write to"
    return f"{error.strerror}: {os.fsdecode(error.filename)}"


def _is_of_home(path: Path) -> bool:
    home = Path(os.environ.get("HEADRACE_HOME", ".headrace")).absolute()
    path = path.absolute()
    return path.is_relative_to(home) or home.is_relative_to(path)
