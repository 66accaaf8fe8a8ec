"""Records and batches as Kafka would bring them: the same that `headrace.testing` uses."""

from headrace.testing.records import (
    HEARTBEAT,
    NOW,
    NOW_MILLISECONDS,
    TP,
    KafkaRecord,
    batch_of,
    heartbeat,
    seconds_from_now,
)

__all__ = [
    "HEARTBEAT",
    "NOW",
    "NOW_MILLISECONDS",
    "TP",
    "KafkaRecord",
    "batch_of",
    "heartbeat",
    "seconds_from_now",
]
