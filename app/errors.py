"""Everyday mistakes in words: what is wrong, which variable says so, and what to do.

The one place that tells a mistake of who runs Headrace from a bug of Headrace's. No words of it
hold the value of a setting.
"""

import errno
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from aiokafka.errors import KafkaConnectionError, KafkaError

from config.edge_settings import EdgeSettings
from config.environment import PlainError, unknown_variables, variables
from config.settings import Settings
from db.errors import meaning
from sinks.base import SinkUnavailable
from telemetry.server import PortTakenError

EXIT_CODE = 2
_BIND = re.compile(r"bind on address \('(?P<host>[^']+)', (?P<port>\d+)")


def told(error: BaseException) -> str | None:
    """Say what is wrong in one to three lines; None for what is no everyday mistake."""
    if isinstance(error, PlainError | PortTakenError):
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
    known = [*variables(Settings), *variables(EdgeSettings)]
    for line in unknown_variables(known, environment):
        sys.stderr.write(f"Warning: {line}\n")


def _of_this_machine(error: OSError) -> str | None:
    if error.errno == errno.EADDRINUSE:
        return (
            f"another process listens at {_bound(error)}: set another port (HEADRACE_WEB_PORT or "
            "HEADRACE_METRICS_PORT for a worker, HEADRACE_EDGE_PORT for an edge)"
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


def _bound(error: OSError) -> str:
    """Give the address that could not be listened at, which asyncio has in its words alone."""
    found = _BIND.search(error.strerror or "")
    return f"{found['host']}:{found['port']}" if found else "an address that this one needs"


def _is_of_home(path: Path) -> bool:
    home = Path(os.environ.get("HEADRACE_HOME", ".headrace")).absolute()
    path = path.absolute()
    return path.is_relative_to(home) or home.is_relative_to(path)
