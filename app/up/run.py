"""THE flow of `headrace up`: start in order, watch, compare if it has an end, stop in order."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.invocation import invocation
from app.processes.identity import Identity
from app.processes.stopping import StopOrder, Stoppable, stop_in_order
from app.processes.watchdog import Watchdog
from app.settings import Settings
from app.up.crew import Crew
from app.up.engines import Engines, refuse_without_packages
from app.up.home import Home
from app.up.options import Options
from app.up.ports import Ports
from app.up.proof import Proof
from app.up.screen import Screen, screen
from app.up.up_file import UpFile
from app.up.viewers import Viewers
from app.up.watch import Watch

INTERRUPTED = 130
_STOP_SECONDS = 90.0


class AlreadyRunsError(Exception):
    """Another `headrace up` has this folder."""


def run(options: Options, settings: Settings) -> int:
    """Return the exit code. Raises EngineError, NotInstalledError, NotOursError."""
    refuse_without_packages(settings)
    home = Home(Path(settings.home).resolve())
    supervisor = _supervisor()
    _refuse_second(home)
    home.make()
    with screen() as shown, Watchdog() as watchdog:
        engines = Engines.for_run(settings, home, watchdog)
        crew: Crew | None = None
        viewers: Viewers | None = None
        try:
            with _stopped_by_signals():
                _start(engines, options, shown)
                ports = Ports.of(home, options.workers)
                viewers = Viewers.for_run(settings, engines.database, home, ports, watchdog)
                viewers = viewers.start(shown.say)
                crew = Crew.for_run(options, ports, home, engines.environment(), watchdog)
                watch = Watch(crew, engines, viewers, home, shown, supervisor)
                return _work(options, settings, watch)
        except KeyboardInterrupt:
            return INTERRUPTED if options.duration else 0
        finally:
            _stop(engines, viewers, crew, shown)
            home.up_file.unlink(missing_ok=True)


def _start(engines: Engines, options: Options, shown: Screen) -> None:
    """Start what is ours and migrate; say of what runs elsewhere that it is used."""
    begun = time.monotonic()
    if engines.names:
        shown.say(f"Starting {engines.names} ...")
    engines.start()
    asyncio.run(engines.migrate(options.events_per_second))
    if engines.names:
        shown.say(f"Up after {time.monotonic() - begun:.1f} s.")


def _work(options: Options, settings: Settings, watch: Watch) -> int:
    watch.crew.start_workers()
    if options.duration is None:
        watch.crew.start_generator()
        watch.until(lambda _: False, "Ctrl-C stops it all")
    return Proof(options, settings, watch).run()


def _stop(engines: Engines, viewers: Viewers | None, crew: Crew | None, shown: Screen) -> None:
    """Stop all in order: generator and viewers, workers, Kafka, PostgreSQL."""
    # A second Ctrl-C would leave the order; kill -9 still works, and the watchdog then goes on
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    shown.end()
    parts = ["generator", "workers", *(child.name for child in engines.children)]
    shown.say(f"Stopping {', '.join(parts[:-1])} and {parts[-1]}, in this order ...")
    started = [part.children for part in (crew, viewers, engines) if part]
    children = [child for part in started for child in part]
    killed = stop_in_order(process for child in children if (process := child.stoppable))
    for name in killed:
        shown.say(f"{name} did not stop in time and was killed.")
    shown.say("All stopped.")


def _supervisor() -> Stoppable:
    identity = Identity.of(os.getpid())
    assert identity is not None  # noqa: S101 - this very process
    return Stoppable("headrace up", identity, signal.SIGTERM, _STOP_SECONDS, StopOrder.GENERATOR)


def _refuse_second(home: Home) -> None:
    last = UpFile.read(home.up_file)
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
