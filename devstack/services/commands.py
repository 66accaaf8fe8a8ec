"""The commands that a run is made of: workers and the generator."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from devstack.place.data_dir import DataDir
from devstack.place.options import Options
from devstack.place.ports import Ports
from devstack.processes.child import Child
from devstack.processes.stopping import StopOrder
from devstack.processes.watchdog import Watchdog

_HEADRACE = (sys.executable, "-u", "-m", "app")  # -u: a log is read while it is written


def worker(
    number: int, ports: Ports, data_dir: DataDir, environment: Mapping[str, str], watchdog: Watchdog
) -> Child:
    mine = {
        "HEADRACE_WEB_PORT": str(ports.web[number - 1]),
        "HEADRACE_METRICS_PORT": str(ports.worker_metrics[number - 1]),
    }
    return Child(
        f"worker-{number}",
        (*_HEADRACE, "worker"),
        data_dir.logs / f"worker-{number}.log",
        environment={**environment, **mine},
        order=StopOrder.WORKER,
        watchdog=watchdog,
    )


def sink_worker(
    role: str, ports: Ports, data_dir: DataDir, environment: Mapping[str, str], watchdog: Watchdog
) -> Child:
    """Make the worker of a further sink, not started yet."""
    web, metrics = ports.sinks[role]
    mine = {"HEADRACE_WEB_PORT": str(web), "HEADRACE_METRICS_PORT": str(metrics)}
    return Child(
        f"sink-{role}",
        (*_HEADRACE, "worker", "--role", role),
        data_dir.logs / f"sink-{role}.log",
        environment={**environment, **mine},
        order=StopOrder.WORKER,
        watchdog=watchdog,
    )


def source(
    role: str, ports: Ports, data_dir: DataDir, environment: Mapping[str, str], watchdog: Watchdog
) -> Child:
    """Make the process of a source, not started yet."""
    web, metrics = ports.sources[role]
    mine = {"HEADRACE_WEB_PORT": str(web), "HEADRACE_METRICS_PORT": str(metrics)}
    return Child(
        role,
        (*_HEADRACE, "worker", "--role", role),
        data_dir.logs / f"{role}.log",
        environment={**environment, **mine},
        order=StopOrder.GENERATOR,
        watchdog=watchdog,
    )


def edge(
    ports: Ports, data_dir: DataDir, environment: Mapping[str, str], watchdog: Watchdog
) -> Child:
    """Make the edge, which takes events over HTTP, not started yet."""
    mine = {
        "HEADRACE_EDGE_HOST": "127.0.0.1",
        "HEADRACE_EDGE_PORT": str(ports.edge),
        "HEADRACE_EDGE_METRICS_PORT": str(ports.edge_metrics),
    }
    return Child(
        "edge",
        (*_HEADRACE, "edge"),
        data_dir.logs / "edge.log",
        environment={**environment, **mine},
        order=StopOrder.GENERATOR,
        watchdog=watchdog,
    )


def generator(
    options: Options,
    ports: Ports,
    data_dir: DataDir,
    environment: Mapping[str, str],
    watchdog: Watchdog,
) -> Child:
    arguments = {
        "--events-per-second": str(options.events_per_second),
        "--duration": "none",  # it is stopped when the run's time is over
        "--history": str(options.history),
        "--seed": str(options.seed),
        "--report": str(data_dir.report),
        "--metrics-port": str(ports.generator_metrics),
    }
    flat = [word for pair in arguments.items() for word in pair]
    return Child(
        "generator",
        (*_HEADRACE, "generate", *flat),
        data_dir.logs / "generator.log",
        environment=environment,
        grace_seconds=30.0,  # it waits for Kafka to acknowledge what it has sent
        order=StopOrder.GENERATOR,
        watchdog=watchdog,
    )
