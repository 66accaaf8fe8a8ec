"""A process that this one starts, watches and stops."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from devstack.processes.identity import Identity, kill_all
from devstack.processes.stopping import StopOrder, Stoppable, stop_in_order
from devstack.processes.watchdog import Watchdog

_BYTES_OF_A_LINE = 300  # a guess: how far before its end a log is read for its last lines


@dataclass
class Child:
    """One command: its process lives in a session of its own, and its output in a file.

    In a session of its own the terminal's Ctrl-C does not reach it: who started it decides the
    order in which things stop. With a pid_file, what a killed run has left is stopped by the next;
    with a watchdog, it is stopped as soon as that run is killed.
    """

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    pid_file: Path | None = None
    stop_signal: int = signal.SIGTERM
    grace_seconds: float = 15.0
    order: StopOrder = StopOrder.WORKER
    watchdog: Watchdog | None = None
    identity: Identity | None = field(default=None, init=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def returncode(self) -> int | None:
        """The exit code, minus the signal's number if one ended it; None before the end."""
        return self._process.poll() if self._process else None

    @property
    def stoppable(self) -> Stoppable | None:
        """How to end the process that runs now, if one does."""
        if not self.running or self.identity is None:
            return None
        return Stoppable(self.name, self.identity, self.stop_signal, self.grace_seconds, self.order)

    def start(self) -> None:
        """Start, after ending what a killed run may have left. Does nothing while it runs."""
        if self.running:
            return
        self.stop_leftover()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own commands
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=os.environ | self.environment,
                start_new_session=True,
                user=self.user,
                group=self.user,
                extra_groups=None if self.user is None else [],
            )
        try:
            self.identity = Identity.of(self._process.pid)
            self._make_known()
        except BaseException:  # a full disk, Ctrl-C: nobody would ever end what nobody knows
            self.kill()
            raise

    def stop(self) -> bool:
        """Ask it to end and wait; kill it after the grace. Say whether asking was enough."""
        stoppable = self.stoppable
        killed = stop_in_order([stoppable] if stoppable else [])
        if self._process is not None:
            self._process.wait()
        return not killed

    def kill(self) -> None:
        """Kill -9, with whatever it had started."""
        if self._process is not None and self.running:
            started = self.identity.descendants() if self.identity else []
            self._process.kill()
            self._process.wait()
            kill_all(started)

    def send(self, number: int) -> None:
        """Send a signal, for example SIGSTOP."""
        if self._process is not None and self.running:
            self._process.send_signal(number)

    def stop_leftover(self) -> None:
        """End the process that the pid_file names, if it still runs."""
        if self.pid_file is None or not self.pid_file.exists():
            return
        try:
            pid, created = json.loads(self.pid_file.read_text())
        except ValueError:
            return  # cut off by a full disk or a crash: it names nothing
        Identity(pid, created).stop(self.stop_signal, self.grace_seconds)

    def tail(self, lines: int = 15) -> str:
        """Return the last lines of its output."""
        try:
            with self.log.open("rb") as output:
                output.seek(max(0, self.log.stat().st_size - _BYTES_OF_A_LINE * lines))
                return "\n".join(output.read().decode(errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return ""

    def _make_known(self) -> None:
        if self.pid_file and self.identity:
            self.pid_file.write_text(json.dumps([self.identity.pid, self.identity.created]))
        if self.watchdog and (stoppable := self.stoppable):
            self.watchdog.watch(stoppable)
