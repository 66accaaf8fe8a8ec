"""The process that cleans up when its parent is killed with -9.

The parent holds the writing end of a pipe, on which it tells what it has started. When the pipe
ends, for whatever reason, the watchdog stops what still runs, in order, and ends too.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from typing import IO, Self

from devstack.processes.identity import Identity
from devstack.processes.stopping import Stoppable, stop_in_order

_CLOSE_SECONDS = 60.0


class Watchdog:
    """The parent's side; a context manager, at whose end everything watched is stopped."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - this module
            [sys.executable, "-m", __spec__.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            start_new_session=True,  # neither Ctrl-C nor a closed terminal reaches it
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def watch(self, process: Stoppable) -> None:
        """Take a process under watch."""
        if self._process.stdin is None:
            return
        with suppress(BrokenPipeError):  # somebody killed the watchdog: the work goes on
            self._process.stdin.write(json.dumps(asdict(process)) + "\n")
            self._process.stdin.flush()

    def close(self) -> None:
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        self._process.wait(_CLOSE_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def keep_watch(told: IO[str]) -> list[str]:
    """Read what to watch until the end, then stop it all; return the names that were killed."""
    watched: list[Stoppable] = []
    for line in told:
        with suppress(ValueError):  # a last line cut off by the parent's death
            fields = json.loads(line)
            watched.append(Stoppable(**fields | {"identity": Identity(**fields["identity"])}))
    return stop_in_order(watched)


if __name__ == "__main__":
    # Only the end of the pipe ends it
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    keep_watch(sys.stdin)
