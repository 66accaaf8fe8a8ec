"""What flows through each further sink: its worker is asked as those of `core` are."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping

from devstack.measure.worker_status import fetch_all
from devstack.place.up_file import RoleAddresses
from telemetry.flow import Flow, Meter


class SinkMeters:
    """One meter for each role: sinks store the same records, so nothing of them is added up."""

    def __init__(self) -> None:
        self._meters: defaultdict[str, Meter] = defaultdict(Meter)

    def measure(self, sinks: Mapping[str, RoleAddresses]) -> Mapping[str, Flow]:
        """Ask all at once; a flow without workers is of a sink whose worker does not answer."""
        statuses = fetch_all([sink.web for sink in sinks.values()])
        now = time.monotonic()
        return {
            role: self._meters[role].measure([status], now)
            for role, status in zip(sinks, statuses, strict=True)
        }
