"""A program that shows a run, where the machine has it on PATH; a run goes on without."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from devstack.processes.child import Child
from devstack.processes.stopping import StopOrder
from devstack.processes.watchdog import Watchdog


class MonitoringProgram:
    """A server on 127.0.0.1 whose data lies in a folder."""

    programs: ClassVar[tuple[str, ...]]
    """What it may be called on PATH."""

    def __init__(
        self, command: Sequence[str], folder: Path, port: int, watchdog: Watchdog | None
    ) -> None:
        name = type(self).__name__
        self.url = f"http://127.0.0.1:{port}"
        self.folder = folder
        self.port = port
        self.child = Child(
            name,
            command,
            folder / f"{name.lower()}.log",
            pid_file=folder / f"{name.lower()}.pid",
            order=StopOrder.VIEWER,
            watchdog=watchdog,
        )

    @classmethod
    def found(cls) -> str | None:
        """Give the program, None where the machine has none."""
        return next((path for name in cls.programs if (path := shutil.which(name))), None)

    def configure(self) -> None:
        """Write down, before it starts, what it has to know."""
        raise NotImplementedError
