"""The commands that a run is made of: workers and the generator."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from app.engines.ports import kept_ports
from app.processes.child import Child
from app.processes.stopping import StopOrder
from app.processes.watchdog import Watchdog
from app.up.home import Home
from app.up.options import Options

_HEADRACE = (sys.executable, "-u", "-m", "app")  # -u: a log is read while it is written


def worker_ports(home: Home, workers: int) -> list[int]:
    """Give each worker the web port that it had the last time."""
    names = tuple(f"worker-{number}" for number in range(1, workers + 1))
    ports = kept_ports(home.folder / "ports.json", names)
    return [ports[name] for name in names]


def worker(
    number: int, port: int, home: Home, environment: Mapping[str, str], watchdog: Watchdog
) -> Child:
    return Child(
        f"worker-{number}",
        (*_HEADRACE, "worker"),
        home.logs / f"worker-{number}.log",
        environment={**environment, "HEADRACE_WEB_PORT": str(port)},
        order=StopOrder.WORKER,
        watchdog=watchdog,
    )


def generator(
    options: Options, home: Home, environment: Mapping[str, str], watchdog: Watchdog
) -> Child:
    arguments = {
        "--events-per-second": str(options.events_per_second),
        "--duration": "none",  # it is stopped when the run's time is over
        "--seed": str(options.seed),
        "--report": str(home.report),
    }
    flat = [word for pair in arguments.items() for word in pair]
    return Child(
        "generator",
        (*_HEADRACE, "generate", *flat),
        home.logs / "generator.log",
        environment=environment,
        order=StopOrder.GENERATOR,
        watchdog=watchdog,
    )
