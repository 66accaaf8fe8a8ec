"""Records flow at a steady rate, each into the truth when Kafka has it for good."""

import threading
import time
from functools import partial

from confluent_kafka import KafkaError, Message, Producer

from tests.chaos.records import STREAMS, NumberedRecord, make
from tests.chaos.truth import Truth

_TICK_SECONDS = 0.02
_MOST_AT_ONCE = 2_000
_ACKNOWLEDGED_SECONDS = 60.0


class Flow:
    """A thread that produces. Idempotent, and never gives a record up while the broker is away."""

    def __init__(self, broker: str, prefix: str, truth: Truth, events_per_second: float) -> None:
        self.truth = truth
        self.sent = 0
        self._prefix = prefix
        self._rate = events_per_second
        self._failed: str | None = None
        self._flowing = threading.Event()
        self._idle = threading.Event()
        self._ended = threading.Event()
        self._kafka = Producer(
            {
                "bootstrap.servers": broker,
                "enable.idempotence": True,
                "message.timeout.ms": 0,
                "linger.ms": 5,
                "queue.buffering.max.messages": 5_000_000,
                "queue.buffering.max.kbytes": 1_000_000,
                "reconnect.backoff.max.ms": 500,
                "log_level": 0,
            }
        )
        self._thread = threading.Thread(target=self._run, name="flow", daemon=True)

    def start(self) -> None:
        self._flowing.set()
        self._thread.start()

    def resume(self) -> None:
        self._flowing.set()

    def pause(self) -> None:
        """Stop producing and wait until everything sent is in the truth."""
        self._idle.clear()
        self._flowing.clear()
        if not self._idle.wait(_ACKNOWLEDGED_SECONDS) or self._failed:
            raise RuntimeError(f"the harness could not produce: {self._failed or 'no answer'}")

    def close(self) -> None:
        self._ended.set()
        self._flowing.set()
        self._thread.join()

    def _run(self) -> None:
        owed, then = 0.0, time.monotonic()
        while not self._ended.is_set():
            now = time.monotonic()
            owed, then = owed + (now - then) * self._rate, now
            due = min(int(owed), _MOST_AT_ONCE)
            owed -= due
            self._send(due)
            self._kafka.poll(0 if owed > _MOST_AT_ONCE else _TICK_SECONDS)
            if not self._flowing.is_set():
                self._kafka.flush(_ACKNOWLEDGED_SECONDS)
                self._idle.set()
                self._flowing.wait()
                owed, then = 0.0, time.monotonic()

    def _send(self, count: int) -> None:
        now = time.time_ns() // 1_000_000
        for number in range(self.sent, self.sent + count):
            record = make(number, now)
            self._kafka.produce(
                f"{self._prefix}{record.stream}",
                record.value,
                partition=number // len(STREAMS) % self.truth.partitions,
                timestamp=now,
                on_delivery=partial(self._acknowledge, record),
            )
        self.sent += count

    def _acknowledge(
        self, record: NumberedRecord, error: KafkaError | None, message: Message
    ) -> None:
        partition, offset = message.partition(), message.offset()
        if error or partition is None or offset is None:
            self._failed = f"record {record.number}: {error}"
            return
        try:
            self.truth.add(record, partition, offset)
        except ValueError as mistake:
            self._failed = str(mistake)
