"""The sinks of the `headrace up` that runs here say whether they store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from config.settings import Settings
from devstack.measure.worker_status import fetch_all
from devstack.place.data_dir import DataDir
from devstack.place.up_file import UpFile
from doctor.finding import Finding
from telemetry.worker_status import WorkerStatus


def running_sinks(settings: Settings) -> Iterator[Finding]:
    """Ask each; of those that run elsewhere nothing is known here."""
    data_dir = DataDir(Path(settings.home).resolve())
    runs = UpFile.running(data_dir.up_file)
    if runs is None:
        return
    asked = runs.addresses.sinks
    statuses = fetch_all([sink.web for sink in asked.values()])
    for role, status in zip(asked, statuses, strict=True):
        yield _finding(role, status, data_dir.logs / f"sink-{role}.log")


def _finding(role: str, status: WorkerStatus | None, log: Path) -> Finding:
    if status is None:
        return Finding("sinks", f"{role}: does not answer", f"see why in {log}")
    if status.waiting_for:
        cure = f"mend where it stores, or its entry in headrace.yaml; its log: {log}"
        return Finding("sinks", f"{role}: waits for {status.waiting_for}", cure)
    return Finding("sinks", f"{role}: stores")
