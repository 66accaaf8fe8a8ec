"""A process that should run all the time: started again when it ends, ever more patiently."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from devstack.processes.child import Child

_FIRST_DELAY_SECONDS = 1.0
_LONGEST_DELAY_SECONDS = 30.0
_HEALTHY_SECONDS = 30.0
"""Who ran so long has earned a quick restart."""


@dataclass(frozen=True, slots=True)
class Exit:
    """An end that nobody asked for."""

    name: str
    returncode: int
    last_lines: str
    refused: str = ""
    """Why it could not even be started again."""

    @property
    def how(self) -> str:
        if self.refused:
            return f"{self.name} could not be started again: {self.refused}"
        if self.returncode < 0:
            return f"{self.name} was ended by {signal.Signals(-self.returncode).name}"
        return f"{self.name} ended with code {self.returncode}"


@dataclass(slots=True)
class Supervised:
    """A child with its restarts. Times are seconds of any clock that only goes forward."""

    child: Child
    restarts: int = 0
    may_end: bool = False
    """Whether ending with 0 means that its work is done: it is not started again then."""
    _delay: float = _FIRST_DELAY_SECONDS
    _started_at: float = 0.0
    _restart_at: float | None = None

    @property
    def has_read_all(self) -> bool:
        """Whether its work is done, so that it runs no more."""
        return self.may_end and self.child.returncode == 0

    def start(self, now: float) -> None:
        self._started_at, self._restart_at = now, None
        self.child.start()

    def tend(self, now: float) -> Exit | None:
        """Look after it: return an end that is news, restart when the delay is over."""
        returncode = self.child.returncode
        if returncode is None or self.has_read_all:
            self._restart_at = None
            return None
        if self._restart_at is None:
            if now - self._started_at >= _HEALTHY_SECONDS:
                self._delay = _FIRST_DELAY_SECONDS
            self._postpone(now)
            return Exit(self.child.name, returncode, self.child.tail(8))
        if now >= self._restart_at:
            self.restarts += 1
            try:
                self.start(now)
            except OSError as error:  # its program was taken away, or the machine has no room
                self._postpone(now)
                return Exit(self.child.name, returncode, self.child.tail(8), str(error))
        return None

    def _postpone(self, now: float) -> None:
        self._restart_at = now + self._delay
        self._delay = min(2 * self._delay, _LONGEST_DELAY_SECONDS)
