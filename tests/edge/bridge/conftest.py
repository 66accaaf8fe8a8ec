"""An edge whose bridge writes to a stream's topic and to one that is no stream's."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest

from devstack.engines import Kafka
from devstack.processes.watchdog import Watchdog
from tests.edge.edge_process import Answer, EdgeProcess, edge_process
from tests.integration.topics import Topic

TYPE = "application/vnd.kafka.{}.v2+json"


@dataclass(frozen=True)
class Bridge:
    """An edge, and a topic of three partitions that nothing is known of but its name."""

    edge: EdgeProcess
    plain: Topic

    @property
    def stream(self) -> Topic:
        return self.edge.topic("content_sessions")

    def send(self, topic: Topic, body: bytes | str, form: str = "json", path: str = "") -> Answer:
        headers = {"content-type": TYPE.format(form)}
        return self.edge.ask("POST", f"/topics/{topic.name}{path}", body, headers)


@pytest.fixture(scope="module")
def bridge(
    kafka: Kafka, tmp_path_factory: pytest.TempPathFactory, watchdog: Watchdog
) -> Iterator[Bridge]:
    plain = Topic(kafka.address, f"orders-{uuid4().hex[:8]}")
    plain.create(partitions=3)
    edge = edge_process(kafka.address, tmp_path_factory.mktemp("bridge"), watchdog)
    named = f"{edge.prefix}content_sessions,{plain.name},missing"
    edge.child.environment = {**edge.child.environment, "HEADRACE_EDGE_BRIDGE_TOPICS": named}
    edge.start()
    yield Bridge(edge, plain)
    edge.child.kill()
