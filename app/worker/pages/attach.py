"""The pages on a worker's web server: people get HTML where programs get JSON."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import faust
from aiohttp import web
from faust.web import Request, Response, View

from agents.newest_letters import NewestLetters
from app.worker.pages import files, security
from app.worker.pages.facts import SLOT_SECONDS
from app.worker.pages.files import File
from app.worker.pages.fresh import Fresh
from app.worker.pages.history import History
from app.worker.pages.negotiation import wanted
from app.worker.pages.peers import Peers
from app.worker.pages.render import Links, Renderer
from app.worker.pages.site import FACTS_PATH, TABLE_PATH, NoPageError, Shown, Site, as_json
from app.worker.pages.viewers import Viewers
from app.worker.pages.windows import LiveWindow
from app.worker.pages.worker import ThisWorker
from app.worker.status import StatusOf, StreamMonitor

_JSON = "application/json"
_FOR_EVER = "public, max-age=31536000, immutable"
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class _ForPeople:
    """Answers who asks for HTML or for events; all others go on to Faust's own views."""

    def __init__(self, site: Site, renderer: Renderer, viewers: Viewers) -> None:
        self._site = site
        self._renderer = renderer
        self._viewers = viewers
        self._lives: Fresh[str] = Fresh()

    async def __call__(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        asked = wanted(request.headers.get("Accept", ""), request.method)
        readable = request.method in {"GET", "HEAD"}
        if asked == "json" or not readable or request.path.startswith(f"{files.PREFIX}/"):
            return await handler(request)
        try:
            if asked == "events":
                await self._shown(request)  # an address without a page is no stream without end
                return await self._viewers.follow(request, lambda: self._live(request))
            shown = await self._shown(request)
            return _html(self._renderer.page(shown.template, **shown.values))
        except NoPageError as error:
            return await self._elsewhere(request, handler, str(error))

    async def _elsewhere(
        self, request: web.Request, handler: _Handler, reason: str
    ) -> web.StreamResponse:
        """Let Faust answer what it has and we have not (/router/), and say what there is if not."""
        try:
            answer = await handler(request)
        except web.HTTPException as error:
            answer = error
        if answer.status < 400:  # noqa: PLR2004 - where errors begin
            return answer
        return _html(self._renderer.page("missing", reason=reason), answer.status)

    async def _shown(self, request: web.Request) -> Shown:
        query = request.query
        return await self._site.show(request.path, query.get("window", ""), query.get("key", ""))

    async def _live(self, request: web.Request) -> str:
        return await self._lives.get(request.path_qs, lambda: self._render_live(request))

    async def _render_live(self, request: web.Request) -> str:
        try:
            shown = await self._shown(request)
        except NoPageError as error:  # a window that has grown too old while it was looked at
            return self._renderer.live("missing", reason=str(error))
        return self._renderer.live(shown.template, **shown.values)


def attach(
    app: faust.App,
    status: StatusOf,
    streams: Sequence[StreamMonitor],
    letters: Sequence[NewestLetters],
    links: Links,
) -> None:
    """Attach pages, the JSON that workers tell each other, and the timer of the sparklines."""
    history = History(app, streams)
    windows = [
        LiveWindow(window, one.tables[window.name])
        for one in streams
        for window in one.stream.windows
    ]
    site = Site(app, streams, ThisWorker(status, history, windows, letters), Peers(app), links)
    kept = files.static_files()
    viewers = Viewers()
    for_people = _ForPeople(site, Renderer(links, files.addresses(kept)), viewers)

    @web.middleware
    async def people(request: web.Request, handler: _Handler) -> web.StreamResponse:
        return await for_people(request, handler)

    server: web.Application = app.web.web_app  # type: ignore[attr-defined]  # of Faust's driver
    server.middlewares.append(people)
    server.on_response_prepare.append(security.add_headers)
    server.on_shutdown.append(viewers.end)
    _add_routes(app, site, kept)

    @app.timer(SLOT_SECONDS, name="page-history")  # type: ignore[untyped-decorator]  # Faust's
    async def sample() -> None:
        history.sample()


def _add_routes(app: faust.App, site: Site, kept: Mapping[str, File]) -> None:
    @app.page(FACTS_PATH)
    async def facts(view: View, request: Request) -> Response:
        del request
        return view.bytes(as_json(site.own_facts()), content_type=_JSON)

    @app.page(f"{TABLE_PATH}{{name}}/")
    async def table(view: View, request: Request, name: str) -> Response:
        query = request.query
        try:
            told = site.own_table(name, query.get("start", ""), query.get("key", ""))
        except NoPageError as error:
            raise view.NotFound(str(error)) from None
        return view.bytes(as_json(told), content_type=_JSON)

    @app.page(f"{files.PREFIX}/{{name}}")
    async def file(view: View, request: Request, name: str) -> Response:
        del request
        if name not in kept:
            raise view.NotFound("no such file")
        headers = {"Cache-Control": _FOR_EVER}
        return view.bytes(kept[name].content, content_type=kept[name].kind, headers=headers)


def _html(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html", charset="utf-8")
