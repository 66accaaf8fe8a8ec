"""The partitions that a worker holds, and how far each is stored."""

from typing import cast

import faust

from agents.writer import Writer
from batching.consumer import BatchConsumer
from batching.consumer_thread import Reach
from models.positions import TopicPartition


def held(app: faust.App, writer: Writer) -> dict[TopicPartition, Reach]:
    """Give what is left to store of each partition of a stream, in order."""
    consumer = cast("BatchConsumer", app.consumer)
    done = sorted(writer.done_up_to().items())
    return {tp: consumer.reach(tp, stored) or Reach(stored, stored) for tp, stored in done}


def silent_seconds(app: faust.App) -> float:
    """Say for how long Kafka has not answered anything."""
    return cast("BatchConsumer", app.consumer).silent_seconds()
