"""What each page shows: facts are gathered from all workers, and put together."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import faust
import msgspec

from app.worker.pages import sinks
from app.worker.pages.facts import TableFacts, WorkerFacts
from app.worker.pages.fresh import Fresh
from app.worker.pages.holders import holders
from app.worker.pages.overview import Overview, overview
from app.worker.pages.peers import Peers
from app.worker.pages.render import Links
from app.worker.pages.tables import TablePage, table_page
from app.worker.pages.worker import ThisWorker
from app.worker.status import StreamMonitor
from models.streams import Stream
from models.windows import Window

KEY_CHARACTERS = 500
FACTS_PATH = "/pages/worker/"
TABLE_PATH = "/pages/table/"


class NoPageError(Exception):
    """There is nothing at this address; the message says what there is not."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A template and what it shows."""

    template: str
    values: dict[str, Any]


class Site:
    """Gives what stands at an address."""

    def __init__(
        self,
        app: faust.App,
        streams: Sequence[StreamMonitor],
        this: ThisWorker,
        peers: Peers,
        links: Links,
    ) -> None:
        self._app = app
        self._statuses = streams
        self._streams = [one.stream for one in streams]
        self._this = this
        self._peers = peers
        self._sinks = links.sinks
        self._overviews: Fresh[Overview] = Fresh()
        self._tables: Fresh[TablePage] = Fresh()

    async def show(self, path: str, start: str = "", key: str = "") -> Shown:
        """Give what is shown at a path. Raises NoPageError."""
        parts = path.strip("/").split("/")
        match parts:
            case [""]:
                return Shown("overview", {"now": await self._overview()})
            case ["status"]:
                return Shown("status", {"now": await self._overview()})
            case ["table"]:
                return Shown("tables", {"streams": self._streams})
            case ["table", name]:
                return await self._table(name, start, key)
            case ["table", name, entry]:
                # an entry of one partition: its window, of all partitions, is what people look for
                return await self._table(name, entry.rpartition(".p")[0] or entry, key)
        raise NoPageError(f"There is no page at {path}")

    def own_table(self, name: str, start: str, key: str) -> TableFacts:
        """Give what this worker has of a table. Raises NoPageError."""
        self._window(name)
        return self._this.table(name, start, key[:KEY_CHARACTERS])

    def own_facts(self) -> WorkerFacts:
        return self._this.facts()

    async def _overview(self) -> Overview:
        return await self._overviews.get("", self._gathered)

    async def _gathered(self) -> Overview:
        now = datetime.now(UTC)
        gathered, further = await asyncio.gather(
            self._peers.ask(self._this.facts(), WorkerFacts, FACTS_PATH),
            sinks.ask(self._peers, self._sinks, now.timestamp()),
        )
        held = holders(self._app, self._statuses)
        return overview(self._streams, gathered, held, datetime.now(UTC), further)

    async def _table(self, name: str, start: str, key: str) -> Shown:
        stream, window = self._window(name)
        key = key.strip()[:KEY_CHARACTERS]

        async def gathered() -> TablePage:
            own = self._this.table(name, start, key)
            query = {"start": start, "key": key}
            told = await self._peers.ask(own, TableFacts, f"{TABLE_PATH}{name}/", query)
            return table_page(stream, window, told.answers.values(), key, told.silent)

        shown = await self._tables.get((name, start, key), gathered)
        if start and start not in shown.starts:
            raise NoPageError(f"{name} has no window {start}: it is older than an hour, or to come")
        return Shown("table", {"table": shown, "start": start, "at": datetime.now(UTC)})

    def _window(self, name: str) -> tuple[Stream, Window]:
        for stream in self._streams:
            for window in stream.windows:
                if window.name == name:
                    return stream, window
        raise NoPageError(f"There is no live table {name}")


def as_json(facts: WorkerFacts | TableFacts) -> bytes:
    return msgspec.json.encode(facts)
