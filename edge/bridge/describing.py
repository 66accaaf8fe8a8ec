"""`GET /topics…`: what a client of the bridge asks about topics."""

from __future__ import annotations

from confluent_kafka.admin._metadata import PartitionMetadata

from edge.bridge.errors import BridgeError, answer, unprocessable
from edge.bridge.topics import TopicDirectory
from edge.messages import Request, Response


class Describing:
    """Answers from what Kafka says now."""

    def __init__(self, topics: TopicDirectory) -> None:
        self._topics = topics

    async def topics(self, _: Request) -> Response:
        return answer(await self._topics.names())

    async def topic(self, request: Request) -> Response:
        name = request.parameters["topic"]
        partitions = await self._topics.partitions_now(name)
        return answer(
            {
                "name": name,
                "configs": await self._topics.configs(name),
                "partitions": [_shown(one) for one in partitions.values()],
            }
        )

    async def partitions(self, request: Request) -> Response:
        partitions = await self._topics.partitions_now(request.parameters["topic"])
        return answer([_shown(one) for one in partitions.values()])

    async def partition(self, request: Request) -> Response:
        return answer(_shown(await self._partition(request)))

    async def offsets(self, request: Request) -> Response:
        partition = await self._partition(request)
        begin, end = await self._topics.offsets(request.parameters["topic"], partition.id)
        return answer({"beginning_offset": begin, "end_offset": end})

    async def _partition(self, request: Request) -> PartitionMetadata:
        number = partition_number(request)
        found = (await self._topics.partitions_now(request.parameters["topic"])).get(number)
        if found is None:
            raise BridgeError(404, "Specified partition does not exist.")
        return found


def partition_number(request: Request) -> int:
    """Read the partition in a path. Raises BridgeError 422."""
    said = request.parameters["partition"]
    if not (said.isascii() and said.isdigit() and len(said) < 10):  # noqa: PLR2004 - fits 32 bits
        raise unprocessable("Specified partition is not a valid number")
    return int(said)


def _shown(partition: PartitionMetadata) -> dict[str, object]:
    return {
        "partition": partition.id,
        "leader": partition.leader,
        "replicas": [
            {
                "broker": broker,
                "leader": broker == partition.leader,
                "in_sync": broker in partition.isrs,
            }
            for broker in partition.replicas
        ],
    }
