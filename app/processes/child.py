"""A process that this one starts, watches and stops."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from typing import TYPE_CHECKING

from app.processes.identity import Identity, kill_all

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class Child:
    """One command: its process lives in a session of its own, and its output in a file.

    In a session of its own the terminal's Ctrl-C does not reach it: who started it decides the
    order in which things stop. With a pid_file, what a killed run has left is stopped by the next.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        log: Path,
        *,
        environment: Mapping[str, str] | None = None,
        user: str | None = None,
        pid_file: Path | None = None,
        stop_signal: int = signal.SIGTERM,
        grace_seconds: float = 15.0,
    ) -> None:
        self.name = name
        self.command = [str(part) for part in command]
        self.log = log
        self.stop_signal = stop_signal
        self.grace_seconds = grace_seconds
        self._environment = dict(environment or {})
        self.user = user
        self._pid_file = pid_file
        self._process: subprocess.Popen[bytes] | None = None
        self.identity: Identity | None = None

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
                env=os.environ | self._environment,
                start_new_session=True,
                user=self.user,
                group=self.user,
                extra_groups=None if self.user is None else [],
            )
        self.identity = Identity.of(self._process.pid)
        if self._pid_file and self.identity:
            self._pid_file.write_text(json.dumps([self.identity.pid, self.identity.created]))

    def stop(self) -> bool:
        """Ask it to end and wait; kill it after the grace. Say whether asking was enough."""
        if self._process is None or not self.running:
            return True
        self._process.send_signal(self.stop_signal)
        try:
            self._process.wait(self.grace_seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return False
        return True

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
        if self._pid_file is None or not self._pid_file.exists():
            return
        try:
            pid, created = json.loads(self._pid_file.read_text())
        except ValueError:
            return  # cut off by a full disk or a crash: it names nothing
        Identity(pid, created).stop(self.stop_signal, self.grace_seconds)

    def tail(self, lines: int = 15) -> str:
        """Return the last lines of its output."""
        try:
            with self.log.open("rb") as output:
                output.seek(max(0, self.log.stat().st_size - 200 * lines))
                return "\n".join(output.read().decode(errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return ""
