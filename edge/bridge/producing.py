"""`POST /topics/…`: records to Kafka, answered with where each of them is."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence

from edge.bodies import BodyReader
from edge.bridge.describing import partition_number
from edge.bridge.errors import BridgeError, answer
from edge.bridge.formats import format_of, read
from edge.bridge.sent import Sent
from edge.bridge.topics import TopicDirectory
from edge.completing import Completing
from edge.counts import Counts
from edge.judging import Judge
from edge.kafka import Delivery, Overloaded, RecordProducer
from edge.messages import Request, Response
from edge.problems import try_later
from edge.records import Record

logger = logging.getLogger(__name__)

_OVERLOADED_SECONDS = 2
_TELL_SECONDS = 60.0


class Producing:
    """Takes records for the topics of `names`; a stream's are judged by its contract.

    `names` says what API keys and metrics call each topic.
    """

    def __init__(
        self,
        names: Mapping[str, str],
        judges: Mapping[str, Judge],
        topics: TopicDirectory,
        *,
        bodies: BodyReader,
        completing: Completing,
        producer: RecordProducer,
        counts: Counts,
        most: int,
    ) -> None:
        self._names = names
        self._judges = judges
        self._topics = topics
        self._bodies = bodies
        self._completing = completing
        self._producer = producer
        self._counts = counts
        self._most = most
        self._beside: set[asyncio.Task[None]] = set()
        self._lost = 0
        self._told_at = float("-inf")

    async def post(self, request: Request) -> Response:
        """Take a list of records, for one partition if the path names one."""
        topic = request.parameters["topic"]
        form = format_of(request.headers.get("content-type", ""))
        partition = partition_number(request) if "partition" in request.parameters else None
        there = await self._topics.partitions(topic, 0 if partition is None else partition + 1)
        if partition is not None and partition not in there:
            raise BridgeError(404, "Specified partition does not exist.")
        body = await self._bodies.read(request)
        now = time.time_ns() // 1_000_000
        records = read(body, form, partition, now)
        if len(records) > self._most:
            raise BridgeError(413, f"a list has at most {self._most:,} records: send less")
        request.charge(self._names[topic], len(records))
        records = self._completed(request, topic, records)
        sent = Sent(records, await self._partitions(topic, records), now)
        sent.judge(self._judges.get(self._names[topic]), _caller(request))
        if request.query.get("async", "").lower() == "true":
            await self._send_beside(topic, sent)
            return Response(204)
        await self._send(topic, sent)
        return answer({"offsets": sent.answers()})

    def _completed(self, request: Request, topic: str, records: list[Record]) -> list[Record]:
        values = [record.value or b"" for record in records]
        completed = self._completing.completed(self._names[topic], request, values)
        if completed is values:
            return records
        return [
            record if record.value is None else record._replace(value=value)
            for record, value in zip(records, completed, strict=True)
        ]

    async def _partitions(self, topic: str, records: Sequence[Record]) -> frozenset[int]:
        highest = max((record.partition for record in records), default=-1)
        return frozenset(await self._topics.partitions(topic, highest + 1))

    async def _send(self, topic: str, sent: Sent) -> None:
        """Return when each record has its report. Raises Problem 503 where nothing was taken."""
        places = sent.to_send()
        if not places:
            return
        delivery = Delivery(asyncio.get_running_loop().create_future(), len(places))
        records = [sent.records[place] for place in places]
        reports = [sent.report(place, delivery) for place in places]
        try:
            await self._producer.deliver(topic, records, delivery, reports)
        except Overloaded as error:
            raise try_later(_OVERLOADED_SECONDS, f"{error}: nothing was taken") from None
        self._counts.delivered(self._names[topic], sent.judged())

    async def _send_unheard(self, topic: str, sent: Sent) -> None:
        await self._send(topic, sent)
        self._lost += len(sent.lost())
        now = time.monotonic()
        if self._lost and now - self._told_at > _TELL_SECONDS:
            logger.error(
                "%d records that were sent with ?async=true are lost: Kafka has not acknowledged "
                "them. Who sends without it is told of each",
                self._lost,
            )
            self._lost, self._told_at = 0, now

    async def _send_beside(self, topic: str, sent: Sent) -> None:
        """Return when the records wait for Kafka. Raises Problem 503 where nothing was taken."""
        task = asyncio.create_task(self._send_unheard(topic, sent))
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)
        await asyncio.sleep(0)  # the task runs up to where it waits for Kafka
        if task.done():
            task.result()
        else:
            task.add_done_callback(_log_failure)


def _caller(request: Request) -> str:
    return request.caller.name if request.caller else ""


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        logger.error("records that were sent with ?async=true are lost: %s", task.exception())
