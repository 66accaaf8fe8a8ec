"""`up.json`: what runs, where it is reached, and which processes it is made of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from devstack.processes.stopping import Stoppable


class RoleAddresses(msgspec.Struct, frozen=True):
    """Where the process of a further sink or a source is reached: its pages, and /metrics.

    A source that has `ended` since it has read all answers there no more.
    """

    web: str
    metrics: str
    ended: bool = False


class Addresses(msgspec.Struct, frozen=True):
    """Where everything is reached; None for what this run does not have."""

    kafka: str
    postgres: str  # a DSN
    web: list[str]
    metrics: list[str] = []  # of workers and, last, of the generator
    prometheus: str | None = None
    grafana: str | None = None
    sinks: dict[str, RoleAddresses] = {}  # by their roles
    sources: dict[str, RoleAddresses] = {}
    edge: str | None = None
    edge_metrics: str | None = None


class UpFile(msgspec.Struct, frozen=True):
    """The addresses, the process of `headrace up` itself, and those that it started."""

    addresses: Addresses
    supervisor: Stoppable
    processes: list[Stoppable]

    def write(self, path: Path) -> None:
        """Replace the file as one. Addresses stand at the top level, processes by name beside."""
        content = msgspec.to_builtins(self.addresses) | {
            "pids": {
                process.name: process.identity.pid for process in (self.supervisor, *self.processes)
            },
            "supervisor": msgspec.to_builtins(self.supervisor),
            "processes": msgspec.to_builtins(self.processes),
        }
        beside = path.with_suffix(".tmp")
        beside.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=2))
        beside.replace(path)

    @classmethod
    def read(cls, path: Path) -> UpFile | None:
        """Return what the last run wrote, None if that is nothing that can be understood."""
        if not path.exists():
            return None
        try:
            content = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
            return msgspec.convert(content | {"addresses": content}, cls)
        except msgspec.DecodeError:
            return None

    @classmethod
    def running(cls, path: Path) -> UpFile | None:
        """Return what the run wrote that goes on; of one that was killed it is out of date."""
        last = cls.read(path)
        return last if last and last.supervisor.identity.process() else None
