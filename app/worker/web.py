"""JSON for programs: tables with their entries, and `/status/`: what the worker does now.

They answer on any worker: an entry is fetched from whoever holds it, a list is put together from
all workers, and so are the numbers of one key. People get pages: app/worker/pages/.
"""

from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import quote

import faust
from aiohttp import ClientError, ClientTimeout
from faust import web
from faust.web.apps.tables import TableKeyDetail, TableList, TableView
from faust.web.exceptions import ServiceUnavailable
from yarl import URL

from app.worker.key_lookup import numbers_by_window
from app.worker.status import StatusOf
from batching.table import WindowTable, is_entry_key

_PEER_SECONDS = 5

tables = web.Blueprint("headrace-tables")
tables.route("/", name="list")(TableList)


class _Everywhere(TableView):
    """What all workers hold of a table; asked with `?local=1` each tells of itself alone."""

    async def from_all(
        self, request: Any, page: list[str], mine: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Give the entries of this worker and those of the others at the same page."""
        entries = dict(mine)
        if "local" not in request.query:
            for address in self.app.router.table_metadata(page[0]):
                if URL(address) != self.app.conf.canonical_url:
                    entries |= await self._ask(URL(address), page)
        return dict(sorted(entries.items()))

    async def _ask(self, address: URL, page: list[str]) -> Mapping[str, Any]:
        path = "/".join(quote(part, safe="") for part in page)  # a key may hold a slash
        asked = URL(f"{address.origin()}/table/{path}/?local=1", encoded=True)
        limit = ClientTimeout(total=_PEER_SECONDS)
        try:
            async with self.app.http_client.get(asked, timeout=limit) as answer:
                return cast("Mapping[str, Any]", (await answer.json())["entries"])
        except (ClientError, TimeoutError) as error:
            raise ServiceUnavailable(f"no answer from the worker at {address}: {error!r}") from None


@tables.route("/{name}/", name="detail")
class Entries(_Everywhere):
    """A table's entries with how many keys each holds, from all workers; `?local=1`: from this."""

    async def get(self, request: Any, name: str) -> web.Response:
        table = cast("WindowTable", self.get_table_or_404(name))
        mine = {key: len(table.data[key]) for key in table.data}
        entries = await self.from_all(request, [name], mine)
        return self.json({**self.table_json(table), "entries": entries})


@tables.route("/{name}/{key}/", name="key-detail")
class Entry(TableKeyDetail, _Everywhere):
    """One entry, from the worker that holds it; or one key's numbers by window, from all workers.

    An entry is `2026-11-22T10:05Z.p0`, a key as it stands in entries: `Akamai`, `Akamai|3320`.
    """

    async def get(self, request: Any, name: str, key: str) -> web.Response:
        table = cast("WindowTable", self.get_table_or_404(name))
        if is_entry_key(key):
            return await super().get(request, name, key)
        mine = {entry: table.data[entry][key] for entry in table.data if key in table.data[entry]}
        if "local" in request.query:
            return self.json({"entries": mine})
        entries = await self.from_all(request, [name, key], mine)
        if not entries:
            raise self.NotFound(
                f"nobody has {key!r} in the windows of the last hour; expected a key like those in "
                "an entry, or an entry like 2026-11-22T10:05Z.p0"
            )
        windows = numbers_by_window(table.of_window, entries)
        return self.json({"table": name, "key": key, "windows": windows})


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
