"""Records to Kafka by librdkafka; a request is answered when all replicas have its records.

Delivery reports are fetched by the event loop itself, every millisecond while any is awaited:
a thread of their own would wait for the interpreter's lock behind the requests, and hand each
request back by a call across threads.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from edge.lanes import Lanes, Pair
from edge.records import Record, Report

logger = logging.getLogger(__name__)

_ROUND_SECONDS = 0.001
_IDLE_SECONDS = 0.25
_BATCH_BYTES = 256 * 1024
_RENEW_SECONDS = 5.0
_WARN_SECONDS = 60.0
_NO_PARTITION = "-1"  # where librdkafka keeps what it has not given one yet
_REFUSED = "Kafka refuses the edge as a producer, its log says why"
_ALLOW = ". Allow its user Write on its topics, or IdempotentWrite on the cluster"


class Overloaded(Exception):  # noqa: N818 - a state
    """Nothing of the request was taken: too much waits for Kafka, or it has been away for long."""


class Delivery:
    """The records of one request: done when each one has its report, whatever that says.

    `too_large` are the places of those that Kafka takes at no time, `in_company` value and key of
    those that were refused for the size of a batch, which may be that of their neighbours. `size`
    is what waits with it.
    """

    __slots__ = ("error", "future", "in_company", "missing", "size", "too_large")

    def __init__(self, future: asyncio.Future[None], missing: int) -> None:
        self.future = future
        self.missing = missing
        self.size = 0
        self.error: KafkaError | None = None
        self.too_large: list[int] = []
        self.in_company: list[tuple[bytes | None, bytes | None]] = []

    def __call__(self, error: KafkaError | None, message: Message | None) -> None:
        if error is not None:
            if error.code() == KafkaError.MSG_SIZE_TOO_LARGE and message is not None:
                self.in_company.append((message.value(), message.key()))
            else:
                self.error = error
        self.settle(1)

    def settle(self, count: int) -> None:
        """Take in that so many records have their report."""
        self.missing -= count
        if not self.missing and not self.future.done():
            self.future.set_result(None)

    def alone(self, place: int) -> Report:
        """Make what hears of a record that goes alone, as one larger than a batch does.

        What Kafka says of the size is said of this very record: to send it again helps nobody.
        """

        def heard(error: KafkaError | None, message: Message | None) -> None:
            if error is not None and error.code() == KafkaError.MSG_SIZE_TOO_LARGE:
                self.too_large.append(place)
                self.settle(1)
            else:
                self(error, message)

        return heard


class RecordProducer:
    """One of a process. `open` it on the loop that it is used on."""

    def __init__(
        self, broker: str, seconds: float, pending_bytes: int, record_bytes: int = 1_048_576
    ) -> None:
        """Give up a record after `seconds`; let records of `pending_bytes` wait, and no more.

        Values up to `record_bytes` go to Kafka, which has the last word on what is too large.
        """
        self._record_bytes = record_bytes
        self._broker = broker
        self._seconds = seconds
        self._pending_allowed = pending_bytes
        self.pending_bytes = 0
        self._lanes = Lanes(self._produce, seconds)
        self._at_round: list[Callable[[], None]] = []
        self._round: asyncio.TimerHandle | None = None
        self._singly: Producer | None = None
        self._singly_from = 0.0
        self._ending: list[Producer] = []
        self._begun = 0
        self._away_since: float | None = None
        self._trouble = ""
        self._warned_at = -_WARN_SECONDS
        self._renewing: asyncio.TimerHandle | None = None
        self.is_refused = False
        """Whether librdkafka has given up for good; new producers are tried meanwhile."""

    @property
    def is_away(self) -> bool:
        """Say whether no broker can be reached."""
        return self._away_since is not None

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        """Connect, in the background."""
        self._loop = loop
        self._begin()
        self._end_round()

    def _begin(self) -> None:
        told = partial(self._on_statistics, self._begun + 1)
        self._producer = self._made(error_cb=self._on_error, stats_cb=told)
        self._begun += 1
        self._renewing = None

    def _renew(self) -> None:
        try:
            self._begin()
        except Exception:  # no thread or no file for it
            logger.exception("no new producer can be made: it is tried again")
            self._renew_later()

    def _renew_later(self) -> None:
        if self._renewing is not None:
            self._renewing.cancel()
        self._renewing = self._loop.call_later(_RENEW_SECONDS, self._renew)

    def close(self) -> None:
        """Wait, for a bounded time, until Kafka has what was given."""
        for timer in (self._round, self._renewing):
            if timer is not None:
                timer.cancel()
        self._lanes.give_all()
        for producer in self._producers():
            with suppress(KafkaException):  # one that has failed for good has nothing to send
                producer.flush(self._seconds)

    def _producers(self) -> Iterable[Producer]:
        # not by their truth: a producer without records is false
        singly = [] if self._singly is None else [self._singly]
        return [*self._ending, self._producer, *singly]

    def at_next_round(self, end: Callable[[], None]) -> None:
        """Call this within a millisecond: what has come till then may go to Kafka together."""
        self._at_round.append(end)
        self._round_soon()

    def send(self, topic: str, records: Sequence[Record], sent: asyncio.Future[None]) -> Delivery:
        """Have `sent` done when each record has its report; then `release` what is given.

        Raises Overloaded when nothing was taken.
        """
        delivery = Delivery(sent, len(records))
        sizes = [record.size for record in records]
        reports: list[Report] = [
            delivery if size <= _BATCH_BYTES else delivery.alone(place)
            for place, size in enumerate(sizes)
        ]
        self._take(delivery, sum(sizes))
        self._lanes.add(topic, records, reports)
        return delivery

    async def send_alone(self, topic: str, records: Sequence[Record]) -> Delivery:
        """Return when each record, in a batch of its own, has its report.

        For topics that take less than a batch of librdkafka (max.message.bytes). Raises Overloaded.
        """
        if self._singly is None:
            if self._loop.time() < self._singly_from:
                raise Overloaded(_REFUSED)
            logger.warning(
                "the topic %s takes no batches of %d KB: its records go one by one. "
                "Raise its max.message.bytes",
                topic,
                _BATCH_BYTES // 1_024,
            )
            self._singly = self._made(**{"batch.num.messages": 1})
        delivery = Delivery(self._loop.create_future(), len(records))
        reports = [delivery.alone(place) for place in range(len(records))]
        self._take(delivery, sum(record.size for record in records))
        try:
            _produce(self._singly, topic, zip(records, reports, strict=True))
            await delivery.future
        finally:
            self.release(delivery)
        return delivery

    async def deliver(
        self, topic: str, records: Sequence[Record], delivery: Delivery, reports: Sequence[Report]
    ) -> None:
        """Return when each record has its report: `reports` hears of each, in their order.

        Raises Overloaded when nothing was taken.
        """
        self._take(delivery, sum(record.size for record in records))
        self._lanes.add(topic, records, reports)
        try:
            # Kafka gives up in a bounded time: a client that is gone does not change what is sent
            await delivery.future
        finally:
            self.release(delivery)

    def _made(self, **more: Any) -> Producer:
        configuration = _configuration(self._broker, self._seconds, self._record_bytes)
        return Producer(configuration | more, logger=logger)

    def release(self, delivery: Delivery) -> None:
        """Let others have the room of what waits for Kafka no more; once is enough."""
        self.pending_bytes -= delivery.size
        delivery.size = 0

    def _take(self, delivery: Delivery, size: int) -> None:
        # a request that is larger than all that may wait would be told to come again for ever
        if self.pending_bytes and self.pending_bytes + size > self._pending_allowed:
            raise Overloaded("as much waits for Kafka as may")
        if self.is_refused:
            raise Overloaded(_REFUSED)
        if self._is_away_for_long():
            raise Overloaded("no Kafka broker answers")
        delivery.size = size
        self.pending_bytes += size
        self._round_soon()

    def _produce(self, topic: str, pairs: Iterable[Pair]) -> None:
        _produce(self._producer, topic, pairs)

    def _is_away_for_long(self) -> bool:
        since = self._away_since
        return since is not None and self._loop.time() - since > self._seconds

    def _on_error(self, error: KafkaError) -> None:
        if error.code() == KafkaError._ALL_BROKERS_DOWN and not self.is_away:  # noqa: SLF001 - its name
            self._away_since = self._loop.time()
            logger.warning(
                "no Kafka broker answers: until one does, events are answered with 503. Start it, "
                "or correct HEADRACE_BROKER (%s)",
                self._trouble or error.str(),
            )
        elif error.code() != KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001 - as above
            self._trouble = error.str()

    def _on_statistics(self, begun: int, statistics: str) -> None:
        if begun != self._begun:
            return  # of one that was let go
        said = msgspec.json.decode(statistics, type=_Statistics)
        self._lanes.partitions = {name: it.count for name, it in said.topics.items() if it.count}
        if self.is_away and any(one.state == "UP" for one in said.brokers.values()):
            self._away_since = None
            logger.warning("Kafka answers again")
        if self.is_refused and self._renewing is None and said.eos.idemp_state == "Assigned":
            self.is_refused = False
            logger.warning("Kafka takes the edge as a producer again")

    def _on_fatal(self, failed: Producer, error: KafkaError) -> None:
        """Let go of a producer that will never send again, and begin a new one in a while.

        It is heard until each of its records has its report: those who wait have to know.
        """
        failed.purge()
        if failed not in self._ending:
            self._ending.append(failed)
        if not self.is_refused:
            forbidden = error.code() == KafkaError.CLUSTER_AUTHORIZATION_FAILED
            logger.error(
                "Kafka refuses the edge as a producer, events are answered with 503 until it takes "
                "a new one: %s%s",
                error.str(),
                _ALLOW if forbidden else "",
            )
        if failed is self._singly:
            self._singly = None
            self._singly_from = self._loop.time() + _RENEW_SECONDS
        elif failed is self._producer:
            self.is_refused = True
            self._renew_later()

    def warn_of(self, topic: str) -> None:
        """Log, once a minute, that this topic may not be written to."""
        now = self._loop.time()
        if now - self._warned_at > _WARN_SECONDS:
            self._warned_at = now
            logger.error(
                "Kafka does not let the edge write to %s, events are answered with 503: allow its "
                "user Write and Describe on this topic; no restart is needed",
                topic,
            )

    def _round_soon(self) -> None:
        following = self._round
        if following is not None and following.when() - self._loop.time() > _ROUND_SECONDS:
            following.cancel()
            self._round = self._loop.call_later(_ROUND_SECONDS, self._end_round)

    def _end_round(self) -> None:
        try:
            for producer in self._producers():
                self._hear(producer)
            self._ending = [producer for producer in self._ending if len(producer)]
            while self._at_round:
                self._at_round.pop(0)()
            self._lanes.end_round()
        except Exception:  # without a next round nobody would ever be answered
            logger.exception("a round did not end as it should, the next one goes on")
        finally:
            is_busy = self.pending_bytes or self._at_round
            seconds = _ROUND_SECONDS if is_busy else _IDLE_SECONDS
            self._round = self._loop.call_later(seconds, self._end_round)

    def _hear(self, producer: Producer) -> None:
        try:
            producer.poll(0)
        except KafkaException as error:  # what is fatal is not told to `_on_error`
            self._on_fatal(producer, _cause(error))
            producer.poll(0)  # the reports that stood behind it


def _produce(producer: Producer, topic: str, pairs: Iterable[Pair]) -> None:
    """Give librdkafka records; the report of one that is not taken hears of it at once."""
    produce = producer.produce
    for (value, key, timestamp, partition, headers), report in pairs:
        try:
            produce(topic, value, key, partition, report, report, timestamp, headers)
        except (BufferError, KafkaException) as error:
            report(_cause(error), None)
        except Exception as error:  # its request is answered, and those behind it are sent
            logger.exception("a record cannot be given to Kafka")
            report(_cause(error), None)


class _Broker(msgspec.Struct):
    state: str


class _Idempotence(msgspec.Struct):
    idemp_state: str = ""


class _Topic(msgspec.Struct):
    partitions: dict[str, msgspec.Raw]

    @property
    def count(self) -> int:
        return len(self.partitions.keys() - {_NO_PARTITION})


class _Statistics(msgspec.Struct):
    brokers: dict[str, _Broker]
    topics: dict[str, _Topic]
    eos: _Idempotence = msgspec.field(default_factory=_Idempotence)


def _cause(error: Exception) -> KafkaError:
    given = error.args[0] if error.args else None
    return given if isinstance(given, KafkaError) else KafkaError(KafkaError._QUEUE_FULL)  # noqa: SLF001 - a public constant


def _configuration(broker: str, seconds: float, record_bytes: int) -> dict[str, Any]:
    return {
        "bootstrap.servers": broker,
        "acks": "all",
        "enable.idempotence": True,
        "message.timeout.ms": round(seconds * 1_000),
        # what comes at the same time comes together already: edge/intake.py. Long enough that all
        # of it is there when the first request leaves, for the next one would wait for its answer
        "linger.ms": 0.5,
        # its own lines tell each attempt, two in a second: `_on_error` tells it once
        "log_level": 2,
        "statistics.interval.ms": 1_000,
        "reconnect.backoff.max.ms": 2_000,
        "batch.size": _BATCH_BYTES,
        # key and headers beside the value; its own default is less than an event may have
        "message.max.bytes": record_bytes + _BATCH_BYTES,
        # CRC-32 of the key, as the generator has it: a session stays in its partition
        "partitioner": "consistent_random",
        # bounded before, in `pending_bytes`: a request is taken whole or not at all
        "queue.buffering.max.messages": 10_000_000,
        "queue.buffering.max.kbytes": 2_097_151,
    }
