"""ClickHouse over HTTP: one query, one answer, and refusals by their code."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from urllib.parse import urlsplit

import aiohttp

from sinks.base import SinkUnavailable
from sinks.clickhouse.errors import verdict
from sinks.clickhouse.options import ClickhouseOptions

Setting = int | str

_OK = 200
_PIECE_BYTES = 1 << 20
_CODE = "X-ClickHouse-Exception-Code"


class Server:
    """One server as one user. Connections are made when they are needed, and kept."""

    def __init__(self, options: ClickhouseOptions) -> None:
        self._options = options
        self._session: aiohttp.ClientSession | None = None
        self.where = f"ClickHouse at {urlsplit(options.url).netloc}"

    async def query(self, sql: str, **settings: Setting) -> str:
        """Run a statement; return what it answers. Raises SinkUnavailable, Fenced, Rejected."""
        return await self._post(sql.encode(), settings)

    async def insert(self, sql: str, body: bytes, settings: Mapping[str, Setting]) -> None:
        """Run an INSERT with its rows; raises as `query` does."""
        await self._post(body, {"query": sql, **settings})

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _post(self, body: bytes, parameters: Mapping[str, Setting]) -> str:
        session = self._session or self._connected()
        # the status is sent when all is known: an error behind it would look like an answer
        parameters = {"wait_end_of_query": 1, **parameters}
        try:
            async with session.post(
                self._options.url,
                params=parameters,
                data=_pieces(body),
                headers={"Content-Length": str(len(body))},
            ) as answer:
                text = await answer.text(errors="replace")
                if answer.status == _OK and _CODE not in answer.headers:
                    return text
                code = answer.headers.get(_CODE, "0")
                words = text or f"HTTP status {answer.status}"
        except TimeoutError as error:
            raise SinkUnavailable(f"{self.where} does not answer in time") from error
        except aiohttp.ClientSSLError as error:
            raise SinkUnavailable(
                f"{self.where}: its certificate is not trusted (ca_file): {error}"
            ) from error
        except (aiohttp.ClientError, OSError) as error:
            raise SinkUnavailable(
                f"{self.where} is away: start it, or correct `url` ({error})"
            ) from error
        raise verdict(self.where, int(code) if code.isdigit() else 0, words)

    def _connected(self) -> aiohttp.ClientSession:
        options = self._options
        timeout = aiohttp.ClientTimeout(
            total=options.command_seconds, sock_connect=options.connect_seconds
        )
        self._session = aiohttp.ClientSession(
            timeout=timeout,
            connector=aiohttp.TCPConnector(ssl=_trust(options), loop=asyncio.get_running_loop()),
            # in headers: an address ends in logs of proxies
            headers={
                "X-ClickHouse-User": options.user,
                "X-ClickHouse-Key": options.password.get_secret_value(),
                "X-ClickHouse-Database": "default",
            },
        )
        return self._session


async def _pieces(body: bytes) -> AsyncIterator[memoryview]:
    # aiohttp's own pieces of 64 KB cost a turn of the event loop each
    for begin in range(0, len(body), _PIECE_BYTES):
        yield memoryview(body)[begin : begin + _PIECE_BYTES]


def _trust(options: ClickhouseOptions) -> ssl.SSLContext | bool:
    if not options.url.startswith("https://"):
        return True
    try:
        return ssl.create_default_context(cafile=options.ca_file or None)
    except OSError as error:
        raise SinkUnavailable(f"ca_file {options.ca_file} cannot be read: {error}") from error
