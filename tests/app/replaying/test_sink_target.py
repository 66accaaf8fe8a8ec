"""What a replay does not fill, told before anything is stored."""

import pytest
from pydantic import BaseModel

from app.replaying.sink_target import CannotFillError, SinkTarget, Topics
from config.document import ConfiguredSink, SinkEntry
from models.content_sessions import CONTENT_SESSIONS
from models.positions import Position
from models.streams import Stream
from sinks.history import Run
from sinks.kinds import SinkKind
from sinks.memory import MemorySink
from sinks.postgres.staging import Staging


class _Options(BaseModel):
    pass


async def _count(options: object, stream: Stream, topic: str) -> int:
    del options, stream, topic
    return 0


COUNTING = SinkKind("memory", _Options, lambda *_: MemorySink(), count=_count)


def target(kind: SinkKind, streams: tuple[str, ...] = ()) -> SinkTarget:
    configured = ConfiguredSink("mine", SinkEntry(kind="memory", streams=streams), _Options())
    topics = Topics("127.0.0.1:1", "content_sessions", "content_sessions")
    refused = Staging("postgresql://127.0.0.1:1/none", CONTENT_SESSIONS, "a replay")
    return SinkTarget(configured, kind, CONTENT_SESSIONS, topics, refused)


def test_a_kind_that_does_not_count_is_not_filled() -> None:
    with pytest.raises(CannotFillError, match="do not count what they hold"):
        target(SinkKind("memory", _Options, lambda *_: MemorySink()))


def test_a_sink_of_other_streams_is_not_filled() -> None:
    with pytest.raises(CannotFillError, match="it takes purchases"):
        target(COUNTING, ("purchases",))


async def test_a_kind_without_epochs_does_not_take_a_topic_that_was_made_anew() -> None:
    ends = {Run(1, 0): Position(1, 9, None), Run(2, 0): Position(2, 4, None)}

    with pytest.raises(CannotFillError, match="cannot begin an epoch"):
        await target(COUNTING).prepare(ends, is_new=True, anew=False)
