"""Waiting until an engine answers."""

import time
from collections.abc import Callable

from devstack.engines.errors import EngineError
from devstack.processes.child import Child

_PROBE_INTERVAL_SECONDS = 0.05


def wait_until_ready(child: Child, probe: Callable[[], bool], limit_seconds: float) -> None:
    """Return once the probe succeeds; raise EngineError with the end of the engine's log if not."""
    deadline = time.monotonic() + limit_seconds
    while time.monotonic() < deadline:
        if not child.running:
            raise EngineError(_told(child, f"ended with code {child.returncode} while starting"))
        if probe():
            return
        time.sleep(_PROBE_INTERVAL_SECONDS)
    child.kill()
    raise EngineError(_told(child, f"did not answer within {limit_seconds:.0f} s"))


def _told(child: Child, what: str) -> str:
    return f"{child.name} {what}. The end of {child.log}:\n{child.tail()}"
