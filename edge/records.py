"""What goes to Kafka, and who hears what became of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from confluent_kafka import KafkaError, Message

_RECORD_BYTES = 512  # what librdkafka and we keep of a record beside its bytes, about

Report = Callable[[KafkaError | None, Message | None], None]
"""Hears what became of a record; the message, none with an error, says where it is."""

Headers = list[tuple[str, str | bytes | None]]


class Record(NamedTuple):
    """One record to send; `timestamp` in milliseconds. Kafka's partitioner goes by the key."""

    value: bytes | None
    key: bytes | None = None
    timestamp: int = 0
    partition: int = -1
    headers: Headers | None = None

    @property
    def size(self) -> int:
        """Say how many bytes wait for Kafka with it."""
        size = len(self.value or b"") + len(self.key or b"") + _RECORD_BYTES
        if self.headers:
            size += sum(len(name) + len(value or b"") + 64 for name, value in self.headers)
        return size
