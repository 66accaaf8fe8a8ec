"""A Kafka whose ACLs forbid the edge to write: it says so, and goes on when it is allowed to."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._acl import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
)
from confluent_kafka.admin._resource import ResourcePatternType, ResourceType

from devstack.engines import Kafka
from devstack.processes.watchdog import Watchdog
from tests.edge.edge_process import EdgeProcess, edge_process
from tests.integration.events import heartbeat

STREAM = "content_sessions"
AUTHORIZER = """
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=true
"""
LITERAL = ResourcePatternType.LITERAL


class GuardedKafka(Kafka):
    """A broker with ACLs; nobody logs in, so everybody is `User:ANONYMOUS`."""

    def __init__(self, folder: Path, watchdog: Watchdog) -> None:
        super().__init__(folder, watchdog)
        self._rules: list[Any] = []

    def _configure(self) -> None:
        super()._configure()
        with self._properties.open("a") as properties:
            properties.write(AUTHORIZER)

    def allow(
        self,
        kind: ResourceType,
        name: str,
        *operations: AclOperation,
        permission: AclPermissionType = AclPermissionType.ALLOW,
    ) -> None:
        """Allow these, or deny them: what a resource that has ACLs does not allow is forbidden."""
        rules = [
            (kind, name, LITERAL, "User:ANONYMOUS", "*", operation, permission)
            for operation in operations
        ]
        self._rules += rules
        admin = AdminClient({"bootstrap.servers": self.address})
        for made in admin.create_acls([AclBinding(*rule) for rule in rules]).values():
            made.result(60)

    def allow_everything(self) -> None:
        admin = AdminClient({"bootstrap.servers": self.address})
        for gone in admin.delete_acls([AclBindingFilter(*rule) for rule in self._rules]).values():
            gone.result(60)


@pytest.fixture
def guarded(engine_folder: Path, watchdog: Watchdog) -> Iterator[GuardedKafka]:
    engine = GuardedKafka(engine_folder / uuid4().hex, watchdog)
    engine.start()
    yield engine
    engine.kill()
    shutil.rmtree(engine.folder)


def status(edge: EdgeProcess) -> int:
    try:
        return edge.post(STREAM, heartbeat()).status
    except OSError:
        return 0


def test_an_edge_that_may_not_write_says_what_to_do(
    guarded: GuardedKafka, tmp_path: Path, watchdog: Watchdog
) -> None:
    edge = edge_process(guarded.address, tmp_path, watchdog)
    edge.start()
    topic = f"{edge.prefix}{STREAM}"
    assert status(edge) == 202

    guarded.allow(ResourceType.TOPIC, topic, AclOperation.DESCRIBE)
    edge.wait_until(lambda: status(edge) == 503, "told that it may not write")
    answer = edge.post(STREAM, heartbeat())
    assert answer.status == 503
    assert answer.headers["retry-after"] == "60"
    assert "allow its Kafka user Write" in answer.json["detail"]
    assert topic in edge.child.tail(40)

    guarded.allow_everything()
    edge.wait_until(lambda: status(edge) == 202, "taking events again")
    edge.child.stop()


def test_one_that_is_no_producer_at_all_goes_on_when_it_is_allowed_to(
    guarded: GuardedKafka, tmp_path: Path, watchdog: Watchdog
) -> None:
    edge = edge_process(guarded.address, tmp_path, watchdog)
    edge.start()
    edge.child.stop()  # the next one has to ask anew whether it may be one
    # who may write to any topic is a producer
    nobody = AclPermissionType.DENY
    guarded.allow(ResourceType.TOPIC, "*", AclOperation.WRITE, permission=nobody)
    guarded.allow(ResourceType.TOPIC, f"{edge.prefix}{STREAM}", AclOperation.DESCRIBE)
    guarded.allow(
        ResourceType.BROKER,  # the cluster, by the name of confluent-kafka
        "kafka-cluster",
        AclOperation.ALTER,
        AclOperation.DESCRIBE,
        AclOperation.CLUSTER_ACTION,
    )
    edge.child.start()

    edge.wait_until(lambda: status(edge) == 503, "told that it may not write")
    edge.wait_until(lambda: "IdempotentWrite" in edge.child.tail(40), "saying what to do")
    assert edge.ask("GET", "/readyz").status == 503
    assert edge.ask("GET", "/livez").status == 200

    guarded.allow_everything()
    edge.wait_until(lambda: status(edge) == 202, "taking events again")
    edge.wait_until(lambda: edge.ask("GET", "/readyz").status == 200, "ready again")
    edge.child.stop()
