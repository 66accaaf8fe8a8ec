"""The agent that hands batches to the writer."""

from typing import Any, cast

import faust
from faust.streams import Stream
from faust.types import StreamT

from agents.writer import NotNextError, Writer
from batching.consumer import BatchConsumer
from models.records import RecordBatch


def attach(
    app: faust.App, *, topic: faust.TopicT, writer: Writer, flush_interval_seconds: float
) -> None:
    """Attach the agent, and the timer that flushes what is too little to flush by itself."""

    @app.agent(topic, name=f"events.{topic.get_topic_name()}")
    async def events(stream: StreamT[Any]) -> None:
        async for batch in cast("Stream[Any]", stream).noack():
            try:
                if await _is_still_there(app, writer, batch):
                    await writer.accept(batch)
            except NotNextError as reason:
                app.log.warning("reading again: %s", reason)
                cast("BatchConsumer", app.consumer).look_again(batch.tp.topic)

    @app.timer(flush_interval_seconds, name=f"flush.{topic.get_topic_name()}")  # type: ignore[untyped-decorator]  # Faust's
    async def flush() -> None:
        await writer.flush_if_idle()


async def _is_still_there(app: faust.App, writer: Writer, batch: RecordBatch) -> bool:
    """Say whether Kafka holds what was read before a batch; if it does not, the worker stops."""
    read_to = writer.unconfirmed(batch)
    if read_to is None:
        return True
    return await cast("BatchConsumer", app.consumer).still_holds(batch.tp, read_to)
