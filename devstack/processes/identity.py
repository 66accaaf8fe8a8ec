"""Which process a number meant: numbers are given out again, so the time it began goes with it."""

from __future__ import annotations

import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil

# The kernel's idea of when it booted, which psutil adds to, moves a little when the clock is set.
_CLOCK_SLACK_SECONDS = 2.0
_POLL_SECONDS = 0.01
_KILLED_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Identity:
    """One process, and no later one that got its number."""

    pid: int
    created: float

    @classmethod
    def of(cls, pid: int) -> Identity | None:
        """Identify the process that has this number now, if any."""
        try:
            return cls(pid, psutil.Process(pid).create_time())
        except psutil.NoSuchProcess:
            return None

    def process(self) -> psutil.Process | None:
        """Return the process if it still runs; one that only waits to be reaped does not."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.created) < _CLOCK_SLACK_SECONDS
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None

    def wait(self, seconds: float) -> bool:
        """Say whether the process ended within this time."""
        deadline = time.monotonic() + seconds
        while self.process() is not None:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        with suppress(psutil.NoSuchProcess):
            if process := self.process():
                process.send_signal(number)

    def descendants(self) -> list[Identity]:
        """Return what the process has started and what that has started, as far as it runs."""
        process = self.process()
        if process is None:
            return []
        with suppress(psutil.NoSuchProcess):
            started = (Identity.of(child.pid) for child in process.children(recursive=True))
            return [identity for identity in started if identity]
        return []

    def kill_tree(self) -> None:
        """Kill -9 the process, then everything that it had started, and wait for the end.

        PostgreSQL's backends live in sessions of their own: a process group would miss them.
        """
        kill_all([self, *self.descendants()])

    def stop(self, number: int, grace_seconds: float) -> bool:
        """Ask it to end; kill what has not within the grace. Say whether asking was enough."""
        self.signal(number)
        if self.wait(grace_seconds):
            return True
        self.kill_tree()
        return False


def kill_all(identities: Sequence[Identity]) -> None:
    """Kill -9 and wait for the end."""
    for identity in identities:
        identity.signal(signal.SIGKILL)
    for identity in identities:
        identity.wait(_KILLED_SECONDS)
