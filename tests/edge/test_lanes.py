"""What is given to librdkafka when: in order, together, and never more than it can send."""

import asyncio
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psutil
from confluent_kafka import KafkaError, Message

from devstack.engines import Kafka
from edge.kafka import Delivery, RecordProducer
from edge.lanes import Lanes, Pair
from edge.records import Record, Report
from tests.edge.clock import Clock
from tests.integration.topics import Topic

TIMED_OUT = KafkaError._MSG_TIMED_OUT  # noqa: SLF001 - a public constant
QUEUE_FULL = KafkaError._QUEUE_FULL  # noqa: SLF001 - a public constant
SECONDS = 10
KEYS = (b"session-1", b"session-2")  # of partitions 2 and 0 of four


class Librdkafka:
    """Notes what it is given, and reports when told to."""

    def __init__(self, refuses: bytes = b"") -> None:
        self.given: list[bytes | None] = []
        self._refuses = refuses
        self._reports: list[Report] = []

    def produce(self, _topic: str, pairs: Sequence[Pair]) -> None:
        for record, report in pairs:
            if self._refuses and record.value == self._refuses:
                report(KafkaError(QUEUE_FULL), None)
            else:
                self.given.append(record.value)
                self._reports.append(report)

    def report(self, error: KafkaError | None = None) -> None:
        reports, self._reports = self._reports, []
        for report in reports:
            report(error, None)


def heard(into: list[object]) -> Report:
    def hear(error: KafkaError | None, _message: Message | None) -> None:
        into.append(None if error is None else error.code())

    return hear


def add(lanes: Lanes, values: list[bytes], key: bytes | None) -> list[object]:
    """Add records of a key; give what is heard of them."""
    into: list[object] = []
    lanes.add("topic", [Record(value, key) for value in values], [heard(into)] * len(values))
    return into


def test_what_comes_behind_waits_for_the_reports_and_goes_together() -> None:
    librdkafka = Librdkafka()
    lanes = Lanes(librdkafka.produce, SECONDS)
    first = add(lanes, [b"1", b"2"], KEYS[0])
    lanes.end_round()
    add(lanes, [b"3"], KEYS[0])
    lanes.end_round()
    add(lanes, [b"4"], KEYS[0])
    lanes.end_round()

    assert librdkafka.given == [b"1", b"2"]
    librdkafka.report()
    lanes.end_round()

    assert first == [None, None]
    assert librdkafka.given == [b"1", b"2", b"3", b"4"]


def test_partitions_do_not_wait_for_each_other_once_they_are_known() -> None:
    librdkafka = Librdkafka()
    lanes = Lanes(librdkafka.produce, SECONDS)
    add(lanes, [b"1"], KEYS[0])
    lanes.end_round()
    add(lanes, [b"2"], KEYS[1])
    lanes.partitions = {"topic": 4}
    add(lanes, [b"3"], KEYS[0])
    lanes.end_round()
    assert librdkafka.given == [b"1"]

    librdkafka.report()
    lanes.end_round()
    assert librdkafka.given == [b"1", b"2"]

    librdkafka.report()
    lanes.end_round()
    add(lanes, [b"4"], KEYS[1])
    add(lanes, [b"5"], None)
    add(lanes, [b"6"], KEYS[0])
    lanes.end_round()
    assert librdkafka.given == [b"1", b"2", b"3", b"4", b"5"]


def test_a_long_line_goes_in_parts() -> None:
    librdkafka = Librdkafka()
    lanes = Lanes(librdkafka.produce, SECONDS)
    values = [str(number).encode() for number in range(4_000)]
    for begin in range(0, 4_000, 20):
        add(lanes, values[begin : begin + 20], KEYS[0])

    sizes = []
    while len(librdkafka.given) < len(values):
        lanes.end_round()
        sizes.append(len(librdkafka.given))
        librdkafka.report()

    assert sizes == [1_500, 3_000, 4_000]
    assert librdkafka.given == values


def test_what_stands_behind_a_record_that_timed_out_does_not_wait_as_long_again() -> None:
    librdkafka = Librdkafka()
    lanes = Lanes(librdkafka.produce, SECONDS)
    first = add(lanes, [b"1"], KEYS[0])
    lanes.end_round()
    behind = add(lanes, [b"2", b"3"], KEYS[0])

    librdkafka.report(KafkaError(TIMED_OUT))
    lanes.end_round()

    assert first == [TIMED_OUT]
    assert behind == [TIMED_OUT] * 2
    assert librdkafka.given == [b"1"]


def test_a_kafka_that_answers_slowly_keeps_nobody_waiting_for_longer_than_agreed() -> None:
    librdkafka, clock = Librdkafka(), Clock()
    lanes = Lanes(librdkafka.produce, SECONDS, clock)
    add(lanes, [b"1"], KEYS[0])
    lanes.end_round()
    behind = add(lanes, [b"2", b"3"], KEYS[0])
    clock.now = 1
    later = add(lanes, [b"4"], KEYS[0])

    clock.now = SECONDS
    lanes.end_round()

    assert behind == [TIMED_OUT] * 2
    assert later == []
    librdkafka.report()
    lanes.end_round()
    assert librdkafka.given == [b"1", b"4"]


def test_one_that_is_refused_holds_up_none_of_its_neighbours() -> None:
    librdkafka = Librdkafka(refuses=b"2")
    lanes = Lanes(librdkafka.produce, SECONDS)
    told = add(lanes, [b"1", b"2", b"3"], KEYS[0])
    lanes.end_round()
    librdkafka.report()

    assert librdkafka.given == [b"1", b"3"]
    assert sorted(told, key=str) == [QUEUE_FULL, None, None]

    add(lanes, [b"2"], KEYS[0])
    lanes.end_round()
    add(lanes, [b"4"], KEYS[0])
    lanes.end_round()
    assert librdkafka.given == [b"1", b"3", b"4"]


def test_at_the_end_all_is_given() -> None:
    librdkafka = Librdkafka()
    lanes = Lanes(librdkafka.produce, SECONDS)
    add(lanes, [b"0"], KEYS[0])
    lanes.end_round()
    values = [str(number).encode() for number in range(1, 4_000)]
    add(lanes, values, KEYS[0])

    lanes.give_all()

    assert librdkafka.given == [b"0", *values]


async def test_librdkafka_does_not_spin_while_kafka_does_not_answer(own_kafka: Kafka) -> None:
    topic = Topic(own_kafka.address, f"lanes-{uuid4().hex[:8]}")
    topic.create()
    producer = RecordProducer(own_kafka.address, 60, 2**20)
    producer.open(asyncio.get_running_loop())
    await _sent(producer, topic.name)

    # a burst that is cut in two, because this process had no processor, has it spin: not each is
    used = [await _cpu_while_stopped(own_kafka, producer, topic.name) for _ in range(8)]

    producer.close()
    assert min(used) < 0.1  # a thread that asks without a pause takes all of half a second


async def _cpu_while_stopped(kafka: Kafka, producer: RecordProducer, topic: str) -> float:
    with _stopped(kafka):
        waiting = []
        for _ in range(6):
            waiting.append(asyncio.create_task(_sent(producer, topic)))
            await asyncio.sleep(0.02)
        before = _cpu_of_senders()
        await asyncio.sleep(0.5)
        used = _cpu_of_senders() - before
    assert await asyncio.gather(*waiting) == [None] * len(waiting)
    return used


async def _sent(producer: RecordProducer, topic: str) -> KafkaError | None:
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    delivery: Delivery = producer.send(topic, [Record(b"value", KEYS[0])] * 20, future)
    await future
    producer.release(delivery)
    return delivery.error


@contextmanager
def _stopped(kafka: Kafka) -> Iterator[None]:
    kafka.child.send(signal.SIGSTOP)
    try:
        yield
    finally:
        kafka.child.send(signal.SIGCONT)


def _cpu_of_senders() -> float:
    """Give seconds of CPU that librdkafka's threads of brokers have used in this process."""
    return sum(
        thread.user_time + thread.system_time
        for thread in psutil.Process().threads()
        if Path(f"/proc/self/task/{thread.id}/comm").read_text().startswith("rdk:broker")
    )
