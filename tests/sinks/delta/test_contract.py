"""The contract's own tests, in a folder and in S3."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from headrace.testing import NotesContract, Stored, Subject
from models.positions import Positions
from sinks.delta.kind import KIND
from tests.contract.stored import begin_epoch_of, count_of
from tests.sinks.delta.sinks import rows, sink_in


class TestDelta(NotesContract):
    @pytest.fixture
    async def subject(self, place: dict[str, Any]) -> AsyncIterator[Subject]:
        sink = sink_in(place)

        async def look() -> Stored:
            found = rows(place, "kafka_partition", "kafka_offset", "session_id")
            return Stored(sorted((p, offset, name) for p, offset, name in found), [])

        async def begin_epoch(begun: Positions) -> int:
            return await begin_epoch_of(KIND, place, begun)

        async def count() -> int:
            return await count_of(KIND, place)

        yield Subject(sink, look, begin_epoch=begin_epoch, count=count)
        await sink.close()
