"""THE flow of `headrace up`: start in order, watch, compare if it has an end, stop in order."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.environment import PlainError
from config.invocation import invocation
from config.settings import Settings
from devstack.aside import run_aside
from devstack.place.data_dir import DataDir
from devstack.place.options import Options
from devstack.place.ports import Ports
from devstack.place.up_file import UpFile
from devstack.processes.identity import Identity
from devstack.processes.stopping import StopOrder, Stoppable, stop_in_order
from devstack.processes.watchdog import Watchdog
from devstack.screen.screen import Screen, screen
from devstack.services.broker_and_database import (
    Engines,
    refuse_without_answers,
    refuse_without_packages,
)
from devstack.services.monitoring_services import MonitoringServices
from devstack.services.watch import Watch
from devstack.services.worker_pool import WorkerPool
from devstack.verify.verify import Verification
from sinks.configured import configured_sinks, kind_of
from sources.configured import configured_sources, stream_of
from sources.configured import kind_of as kind_of_source

INTERRUPTED = 130
_STOP_SECONDS = 90.0


class AlreadyRunsError(PlainError):
    """Another `headrace up` has this folder."""


def run(options: Options, settings: Settings) -> int:
    """Return the exit code. Raises what app/errors.py tells, and AlreadyRunsError."""
    refuse_without_packages(settings)
    asyncio.run(refuse_without_answers(settings))
    sinks = configured_sinks(settings)
    for sink in sinks.values():
        kind_of(sink)  # says now what has to be installed first
    sources = configured_sources(settings)
    for source in sources.values():
        stream_of(settings, source, kind_of_source(source))
    data_dir = DataDir(Path(settings.home).resolve())
    supervisor = _supervisor()
    _refuse_second(data_dir)
    data_dir.make()
    with screen() as shown, Watchdog() as watchdog:
        engines = Engines.for_run(settings, data_dir, watchdog)
        pool: WorkerPool | None = None
        monitoring: MonitoringServices | None = None
        try:
            with _stopped_by_signals():
                _start(engines, options, shown)
                ports = Ports.of(data_dir, options.workers, sinks, sources)
                monitoring = MonitoringServices.for_run(
                    settings, engines.database, data_dir, ports, watchdog
                )
                monitoring = monitoring.start(shown.say)
                environment = engines.environment() | monitoring.environment()
                pool = WorkerPool.for_run(options, ports, data_dir, environment, watchdog)
                watch = Watch(
                    pool, engines, monitoring, data_dir, shown, supervisor, options.open_page
                )
                return _work(options, settings, watch)
        except KeyboardInterrupt:
            return INTERRUPTED if options.duration else 0
        finally:
            _stop(engines, monitoring, pool, shown)
            data_dir.up_file.unlink(missing_ok=True)


def _start(engines: Engines, options: Options, shown: Screen) -> None:
    """Start what is ours and migrate; say of what runs elsewhere that it is used."""
    begun = time.monotonic()
    if engines.names:
        shown.say(f"Starting {engines.names} ...")
    engines.start()
    run_aside(engines.migrate(options.events_per_second))
    if engines.names:
        shown.say(f"Up after {time.monotonic() - begun:.1f} s.")


def _work(options: Options, settings: Settings, watch: Watch) -> int:
    watch.pool.start_workers()
    if options.duration is None:
        watch.pool.start_generator()
        watch.until(lambda _: False, "Ctrl-C stops it all")
    return Verification(options, settings, watch).run()


def _stop(
    engines: Engines, monitoring: MonitoringServices | None, pool: WorkerPool | None, shown: Screen
) -> None:
    """Stop all in order: generator, edge and monitoring, workers, Kafka, PostgreSQL."""
    # A second Ctrl-C would leave the order; kill -9 still works, and the watchdog then goes on
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    shown.end()
    parts = ["generator", "workers", *(child.name for child in engines.children)]
    shown.say(f"Stopping {', '.join(parts[:-1])} and {parts[-1]}, in this order ...")
    started = [part.children for part in (pool, monitoring, engines) if part]
    children = [child for part in started for child in part]
    killed = stop_in_order(process for child in children if (process := child.stoppable))
    for name in killed:
        shown.say(f"{name} did not stop in time and was killed.")
    shown.say("All stopped.")


def _supervisor() -> Stoppable:
    identity = Identity.of(os.getpid())
    assert identity is not None  # noqa: S101 - this very process
    return Stoppable("headrace up", identity, signal.SIGTERM, _STOP_SECONDS, StopOrder.GENERATOR)


def _refuse_second(data_dir: DataDir) -> None:
    last = UpFile.read(data_dir.up_file)
    if last and last.supervisor.identity.process():
        raise AlreadyRunsError(
            f"headrace up already runs here, as process {last.supervisor.identity.pid}. "
            f"Stop it with: {invocation('down')}"
        )
    if last:  # killed: its watchdog may be stopping things still
        stop_in_order(last.processes)


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """Make a polite end and a closed terminal mean the same as Ctrl-C."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    yield
