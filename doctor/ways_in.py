"""What comes in: the sources and the edge of the `headrace up` that runs here say how they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from config.environment import SettingsError
from config.settings import Settings
from devstack.measure.ways_in import EdgeStatus, WayIn, WaysIn, edge_alarm, source_alarm
from devstack.place.data_dir import DataDir
from devstack.place.up_file import Addresses, UpFile
from doctor.finding import Finding
from sources.configured import configured_sources

_READING = {"running", "has read all"}


def ways_in(settings: Settings) -> Iterator[Finding]:
    """Ask those that run; of others say no more than that they are configured."""
    try:
        configured = set(configured_sources(settings))
    except (SettingsError, OSError, ImportError):  # a finding of its own
        configured = set()
    data_dir = DataDir(Path(settings.home).resolve())
    runs = UpFile.running(data_dir.up_file)
    running = runs.addresses if runs else None
    asked = WaysIn().measure(running) if running else {}
    for name, way_in in asked.items():
        yield _finding(name, way_in, data_dir.logs / f"{name}.log", running)
    if others := configured - asked.keys():
        yield Finding("sources", f"{', '.join(sorted(others))}: configured; none runs by up here")


def _finding(name: str, way_in: WayIn, log: Path, running: Addresses | None) -> Finding:
    status, check = way_in.status, "edge" if name == "edge" else "sources"
    if way_in.ended:
        return Finding(check, f"{name}: has ended: it has read all")
    if status is None:
        return Finding(check, f"{name}: does not answer", f"see why in {log}")
    if isinstance(status, EdgeStatus):
        cure = f"wait, or ask {running.edge if running else ''}/readyz"
        alarm, well = edge_alarm(status), "ready"
    else:
        cure = f"mend what it reads, or its entry in headrace.yaml; its log: {log}"
        alarm = source_alarm(status) or ("" if status.state in _READING else status.state)
        told = status.source.progress if status.source else ""
        well = f"{status.state}, {told}" if told else status.state
    return Finding(check, f"{name}: {alarm or well}", cure if alarm else "")
