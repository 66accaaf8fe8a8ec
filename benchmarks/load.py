"""A steady stream of events, made by `headrace generate`."""

from __future__ import annotations

import sys

from benchmarks.environment import Place
from devstack.processes.child import Child
from devstack.processes.stopping import StopOrder


def generator(
    place: Place,
    prefix: str,
    events_per_second: int,
    seconds: float,
    streams: str = "content_sessions",
) -> Child:
    """Give a process that produces at this rate for this long, then ends."""
    name = place.name("generator")
    rate = ["--events-per-second", str(events_per_second), "--duration", f"{seconds:.0f}s"]
    rate += ["--streams", streams]
    return Child(
        name,
        [sys.executable, "-m", "app", "generate", *rate],
        place.folder / f"{name}.log",
        environment={
            "HEADRACE_BROKER": place.kafka.address,
            "HEADRACE_TOPIC_PREFIX": prefix,
        },
        order=StopOrder.GENERATOR,
        watchdog=place.watchdog,
    )
