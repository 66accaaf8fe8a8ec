"""What Apache Kafka is told: one node that is broker and controller, on loopback only."""

from pathlib import Path

CLUSTER_ID = "headrace-on-one-machin"
"""22 characters of base64url, as Kafka wants a cluster's id. All are alone, so all may share it."""

JAVA_OPTIONS = (
    "-Xmx512m",
    # One machine shared with everything else: the short-lived compiler starts in half the time
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ",
)

_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}

# A mistyped name is an error, not a new topic
auto.create.topics.enable=false

# There is one node
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1

# The first worker of a group starts at once, and tests may declare one dead after a second
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000

# After a kill -9 the controller serves the next broker only once the dead one's session is over
broker.session.timeout.ms=2500
broker.heartbeat.interval.ms=500
"""


def server_properties(data: Path, port: int, controller_port: int) -> str:
    return _PROPERTIES.format(data=data, port=port, controller_port=controller_port)
