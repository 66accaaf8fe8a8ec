"""The partitions that a worker holds, and how far each is stored."""

from typing import NamedTuple

import faust
from faust.exceptions import ConsumerNotStarted
from faust.types import TP

from agents.writer import Writer
from models.positions import TopicPartition


class Held(NamedTuple):
    """The next offset to store, and the end of the log as last heard."""

    stored: int
    end: int

    @property
    def lag(self) -> int:
        return self.end - self.stored


def held(app: faust.App, writer: Writer) -> dict[TopicPartition, Held]:
    """Give the partitions of one stream that are being read, in order."""
    return {
        tp: Held(stored, max(_end(app, tp), stored))
        for tp, stored in sorted(writer.done_up_to().items())
    }


def _end(app: faust.App, tp: TopicPartition) -> int:
    try:
        return app.consumer.highwater(TP(*tp)) or 0
    except (AssertionError, ConsumerNotStarted):  # the first is aiokafka's, between assignments
        return 0
