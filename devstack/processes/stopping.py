"""Ending processes: asked first, killed when they do not listen, in an order that loses nothing."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from itertools import groupby
from operator import attrgetter

from devstack.processes.identity import Identity, kill_all


class StopOrder(IntEnum):
    """Who stops before whom: each still finds what it needs to finish."""

    GENERATOR = 0
    VIEWER = 0  # asks others and is asked by nobody
    WORKER = 1
    BROKER = 2
    DATABASE = 3


@dataclass(frozen=True, slots=True)
class Stoppable:
    """A running process and the way to end it."""

    name: str
    identity: Identity
    stop_signal: int
    grace_seconds: float
    order: int


def stop_in_order(processes: Iterable[Stoppable]) -> list[str]:
    """End all of them; return the names of those that did not listen and were killed."""
    killed: list[str] = []
    by_order = attrgetter("order")
    for _, together in groupby(sorted(processes, key=by_order), by_order):
        killed += _stop_together(list(together))
    return killed


def _stop_together(processes: list[Stoppable]) -> list[str]:
    for process in processes:
        process.identity.signal(process.stop_signal)
    asked = time.monotonic()
    deaf = [
        process
        for process in processes
        if not process.identity.wait(asked + process.grace_seconds - time.monotonic())
    ]
    for process in deaf:
        kill_all([process.identity, *process.identity.descendants()])
    return [process.name for process in deaf]
