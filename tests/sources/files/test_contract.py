"""Files of a folder and objects of a bucket keep what every source promises."""

import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from devstack.engines import Kafka
from headrace.testing.sources import SourceContract, SourceSubject
from models.content_sessions import CONTENT_SESSIONS
from sources.base import Source
from sources.files.kind import BUCKET, FILE
from sources.kinds import Opening, SourceKind
from telemetry.source_stats import SourceStats
from tests.sinks.parquet.gateway import Gateway


@pytest.fixture
def broker(kafka: Kafka) -> str:
    return kafka.address


class Outside:
    """A folder in which events are written: to one file that grows, or each time to a new one."""

    def __init__(self, folder: Path, kind: SourceKind, options: object, *, grows: bool) -> None:
        self.folder = folder
        self._kind = kind
        self._options = options
        self._grows = grows
        self._events = 0
        self._files = 0

    def readers(self, stats: SourceStats) -> Sequence[Source]:
        return self._kind.open(self._options, Opening("tested", CONTENT_SESSIONS, stats))

    async def add(self, count: int) -> None:
        numbers = range(self._events, self._events + count)
        self._events += count
        self._files += not self._grows
        lines = [
            json.dumps(
                {"time": "2026-11-25T10:00:00Z", "session_id": f"s{number % 7}", "number": number}
            )
            for number in numbers
        ]
        part = self.folder / ".part"
        part.write_text("".join(f"{line}\n" for line in lines))
        if self._grows:
            with (self.folder / "events.jsonl").open("ab") as file:
                file.write(part.read_bytes())
        else:
            os.replace(part, self.folder / f"{self._files:05}.jsonl")  # noqa: PTH105 - atomic


def _subject(outside: Outside, away: object = None) -> SourceSubject:
    return SourceSubject(
        outside.readers,
        outside.add,
        lambda value: json.loads(value)["number"],
        away=away,  # type: ignore[arg-type] # given as it is
    )


class TestFiles(SourceContract):
    @pytest.fixture(params=["a file that grows", "new files"])
    def subject(self, request: pytest.FixtureRequest, tmp_path: Path) -> SourceSubject:
        folder = tmp_path / "events"
        folder.mkdir()
        options = FILE.options(path=str(folder), look_seconds=0.05)
        outside = Outside(folder, FILE, options, grows=request.param != "new files")

        @asynccontextmanager
        async def away() -> AsyncIterator[None]:
            moved = tmp_path / "moved"
            outside.folder = folder.rename(moved)
            yield
            outside.folder = moved.rename(folder)

        return _subject(outside, away)


class TestObjects(SourceContract):
    @pytest.fixture
    def subject(self, gateway: Gateway) -> SourceSubject:
        bucket = gateway.bucket()
        options = BUCKET.options(**gateway.options(bucket), look_seconds=0.1)
        folder = gateway.buckets / bucket / "some" / "prefix"
        folder.mkdir(parents=True)
        return _subject(Outside(folder, BUCKET, options, grows=False))
