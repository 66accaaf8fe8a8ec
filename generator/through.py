"""Records through an edge, by HTTP, as clients send them: each counted when the edge says so."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from uuid import uuid4

import aiohttp

from config.environment import PlainError
from generator.producer import InDoubt, Lane
from generator.records import Record

_TOGETHER = 500
_AT_ONCE = 8
_LARGEST_BYTES = 250_000  # of a body; a record that is larger is not sent
_PAUSE_SECONDS = 1.0
_REFUSED = 400


class EdgeUnreachable(PlainError):  # noqa: N818 - tells what is, and what to do
    """Nothing that is an edge answers at the address."""


@dataclass(slots=True)
class _Open:
    records: list[Record] = field(default_factory=list)
    size_bytes: int = 0


class EdgeProducer:
    """Sends as `generator.producer.Producer` does, but to an edge.

    What cannot be a line of JSON Lines (no value at all, one with a line break, a very large one)
    is left out, and not counted.
    """

    def __init__(self, address: str, lanes: Sequence[Lane]) -> None:
        self._address = address.rstrip("/")
        self._open = {lane.stream: _Open() for lane in lanes}
        self._lanes = lanes
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self.in_flight = 0

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        try:
            async with self._session.get(f"{self._address}/livez") as answer:
                answer.raise_for_status()
        except aiohttp.ClientError as error:
            await self._session.close()
            raise EdgeUnreachable(
                f"no edge answers at {self._address}: start one with `headrace edge`"
            ) from error
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                await self.flush()
        finally:
            for task in self._tasks:
                task.cancel()
            await self._session.close()

    async def send(self, lane: Lane, records: Iterable[Record], timestamp: int) -> None:
        """Take records; their timestamp will be the edge's. Waits while the edge is behind."""
        del timestamp
        for record in records:
            opened, value = self._open[lane.stream], record.value
            if not value or b"\n" in value or len(value) > _LARGEST_BYTES or not value.strip():
                continue
            opened.records.append(record)
            opened.size_bytes += len(value)
            if len(opened.records) >= _TOGETHER or opened.size_bytes > _LARGEST_BYTES:
                await self._submit(lane)

    async def send_open(self) -> None:
        """Send what is not full too."""
        for lane in self._lanes:
            if self._open[lane.stream].records:
                await self._submit(lane)

    async def flush(self) -> None:
        """Send all that was given, and wait until the edge has taken it. Raises InDoubt."""
        await self.send_open()
        await asyncio.gather(*self._tasks)

    async def _submit(self, lane: Lane) -> None:
        records, self._open[lane.stream] = self._open[lane.stream].records, _Open()
        await self._slots.acquire()
        for task in [task for task in self._tasks if task.done()]:
            self._tasks.discard(task)
            task.result()  # what one has failed of ends the run
        self.in_flight += len(records)
        self._tasks.add(asyncio.create_task(self._post(lane, records)))

    async def _post(self, lane: Lane, records: Sequence[Record]) -> None:
        body = b"\n".join(record.value or b"" for record in records)
        headers = {"Content-Type": "application/x-ndjson", "Idempotency-Key": uuid4().hex}
        url = f"{self._address}/v1/events/{lane.stream}"
        try:
            pause: float | None = 0.0
            while pause is not None:
                await asyncio.sleep(pause)
                pause = await self._pause_after(url, body, headers)
            self.in_flight -= len(records)
            lane.truth.add(record.outcome for record in records)
        finally:
            self._slots.release()

    async def _pause_after(self, url: str, body: bytes, headers: dict[str, str]) -> float | None:
        """Send once; give the seconds after which to send it again, None where it was taken."""
        try:
            async with self._session.post(url, data=body, headers=headers) as answer:
                said = await answer.json(content_type=None)
                # of nothing but bad events too: they become dead letters
                if answer.ok or (answer.status == _REFUSED and "refused" in said):
                    return None
                if answer.status in {429, 503}:
                    return float(answer.headers.get("Retry-After", _PAUSE_SECONDS))
                raise InDoubt(f"the edge refuses: {answer.status} {said.get('detail', '')}")
        except aiohttp.ClientConnectionError:
            return _PAUSE_SECONDS
