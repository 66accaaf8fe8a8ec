"""JSON for programs: tables with their entries, and `/status/`: what the worker does now.

They answer on any worker: an entry is fetched from whoever holds it, a list is put together from
all workers. People get the same as pages, from app/pages/.
"""

from collections.abc import Mapping
from typing import Any, cast

import faust
from aiohttp import ClientError, ClientTimeout
from faust import web
from faust.web.apps.tables import TableKeyDetail, TableList, TableView
from faust.web.exceptions import ServiceUnavailable
from yarl import URL

from app.status import StatusOf
from batching.table import WindowTable, entry_partition

_PEER_SECONDS = 5

tables = web.Blueprint("headrace-tables")
tables.route("/", name="list")(TableList)


@tables.route("/{name}/", name="detail")
class Entries(TableView):
    """A table's entries with how many keys each holds, from all workers; `?local=1`: from this."""

    async def get(self, request: Any, name: str) -> web.Response:
        table = cast("WindowTable", self.get_table_or_404(name))
        entries = {key: len(table.data[key]) for key in table.data}
        if "local" not in request.query:
            for address in self.app.router.table_metadata(name):
                if URL(address) != self.app.conf.canonical_url:
                    entries |= await self._ask(URL(address), name)
        return self.json({**self.table_json(table), "entries": dict(sorted(entries.items()))})

    async def _ask(self, address: URL, name: str) -> Mapping[str, int]:
        page = (address / "table" / name / "").with_query(local="1")
        limit = ClientTimeout(total=_PEER_SECONDS)
        try:
            async with self.app.http_client.get(page, timeout=limit) as answer:
                return cast("Mapping[str, int]", (await answer.json())["entries"])
        except (ClientError, TimeoutError) as error:
            raise ServiceUnavailable(f"no answer from the worker at {address}: {error!r}") from None


@tables.route("/{name}/{key}/", name="key-detail")
class Entry(TableKeyDetail):
    """One entry, by its key, from the worker that holds it."""

    async def get(self, request: Any, name: str, key: str) -> web.Response:
        self.get_table_or_404(name)
        try:
            entry_partition(key)
        except ValueError as error:
            raise self.NotFound(str(error)) from None
        return await super().get(request, name, key)


def attach(app: faust.App, status: StatusOf) -> None:
    """Attach the pages."""
    app.web.blueprints.add("/table", tables)

    @app.page("/")
    async def index(view: web.View, request: web.Request) -> web.Response:
        del request
        return view.json({"status": "OK", "pages": ["/status/", "/table/"]})

    @app.page("/status/")
    async def show(view: web.View, request: web.Request) -> web.Response:
        del request
        return view.json(status.now())
