"""Compose's settings of Kafka on Kafka itself: only ports and the data's folder are replaced."""

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient

from config.extras import NotInstalledError
from devstack.engines import Kafka
from devstack.place.free_ports import kept_ports
from devstack.processes.watchdog import Watchdog
from tests.compose.resolving import required

_SECONDS = 20


class ComposedKafka(Kafka):
    """Takes compose's environment as the image does: KAFKA_LOG_DIRS is log.dirs."""

    variables: dict[str, str]

    def _configure(self) -> None:
        ports = kept_ports(self.folder / "ports.json", ("client", "inside", "controller"))
        self._port = ports["client"]
        here = {
            "HOST://127.0.0.1:9092": f"HOST://127.0.0.1:{ports['client']}",
            "HOST://:19092": f"HOST://127.0.0.1:{ports['client']}",
            "PLAINTEXT://kafka:9092": f"PLAINTEXT://localhost:{ports['inside']}",
            "PLAINTEXT://:9092": f"PLAINTEXT://127.0.0.1:{ports['inside']}",
            "127.0.0.1:9093": f"127.0.0.1:{ports['controller']}",
            "/var/lib/kafka/data": str(self.folder / "data"),
        }
        lines = []
        for name, value in self.variables.items():
            for there, replaced in here.items():
                value = value.replace(there, replaced)  # noqa: PLW2901 - one after the other
            lines.append(f"{name.removeprefix('KAFKA_').replace('_', '.').lower()}={value}\n")
        self._properties.write_text("".join(lines))
        self.inside = f"127.0.0.1:{ports['inside']}"


@pytest.fixture
def composed(
    services: dict[str, dict[str, Any]], tmp_path: Path, watchdog: Watchdog
) -> Iterator[ComposedKafka]:
    kafka = ComposedKafka(tmp_path / "kafka", watchdog)
    kafka.variables = services["kafka"]["environment"]
    try:
        kafka.start()
    except NotInstalledError as error:
        required(str(error))
    yield kafka
    kafka.kill()


def test_this_machine_and_other_containers_are_each_told_an_address_that_they_reach(
    composed: ComposedKafka,
) -> None:
    assert _told_to_come_back_to(composed.address) == composed.address
    # `localhost` stands for the container's name here
    assert _told_to_come_back_to(composed.inside) == composed.inside.replace(
        "127.0.0.1", "localhost"
    )


def _told_to_come_back_to(address: str) -> str:
    admin = AdminClient({"bootstrap.servers": address})
    (broker,) = admin.list_topics(timeout=_SECONDS).brokers.values()
    return f"{broker.host}:{broker.port}"


def test_the_health_check_asks_the_broker_without_a_jvm_and_fails_without_one(
    composed: ComposedKafka, services: dict[str, dict[str, Any]]
) -> None:
    check = services["kafka"]["healthcheck"]["test"]
    port = composed.inside.rpartition(":")[2]
    here = [word.replace("127.0.0.1/9092", f"127.0.0.1/{port}") for word in check[1:]]

    healthy = subprocess.run(here, capture_output=True, check=False, timeout=_SECONDS)
    composed.stop()
    gone = subprocess.run(here, capture_output=True, check=False, timeout=_SECONDS)

    assert healthy.returncode == 0, healthy.stderr
    assert gone.returncode != 0
    assert "kafka-topics" not in " ".join(check)


def test_a_port_that_takes_connections_and_is_no_broker_is_not_healthy(
    services: dict[str, dict[str, Any]],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        check = services["kafka"]["healthcheck"]["test"]
        here = [word.replace("127.0.0.1/9092", f"127.0.0.1/{port}") for word in check[1:]]
        asking = subprocess.Popen(here, stderr=subprocess.DEVNULL)
        taken, _ = other.accept()
        taken.sendall(b"HTTP/1.1 400 Bad Request\r\n")
        taken.close()

        assert asking.wait(_SECONDS) != 0
