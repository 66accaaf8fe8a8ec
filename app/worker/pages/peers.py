"""The other workers of the group: what they answer, and which of them do not."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import faust
import msgspec
from aiohttp import ClientError, ClientTimeout
from yarl import URL

_SECONDS = 1.5
_ANSWER_BYTES = 8 * 1024 * 1024
Facts = TypeVar("Facts")


class SilentError(Exception):
    """A worker gave no answer that can be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Gathered(Generic[Facts]):
    """Answers by the worker's address, and why there is none of the others."""

    answers: Mapping[str, Facts]
    silent: Mapping[str, str]


class Peers:
    """Finds workers as Faust's router does, and asks all at once."""

    def __init__(self, app: faust.App) -> None:
        self._app = app

    @property
    def own_address(self) -> str:
        return _address(self._app.conf.canonical_url)

    def addresses(self) -> Sequence[str]:
        """Give the others of this consumer group."""
        known = (_address(URL(url)) for url in self._app.router.tables_metadata())
        return sorted({address for address in known if address != self.own_address})

    async def ask(
        self, own: Facts, kind: type[Facts], path: str, query: Mapping[str, str] | None = None
    ) -> Gathered[Facts]:
        """Ask the same of all the others, and put this worker's answer beside theirs."""
        addresses = self.addresses()
        answers = await asyncio.gather(
            *(self.ask_one(address, kind, path, query or {}) for address in addresses),
            return_exceptions=True,
        )
        gathered = {self.own_address: own}
        silent = {}
        for address, answer in zip(addresses, answers, strict=True):
            if isinstance(answer, SilentError):
                silent[address] = str(answer)
            elif isinstance(answer, BaseException):
                raise answer
            else:
                gathered[address] = answer
        return Gathered(gathered, silent)

    async def ask_one(
        self, address: str, kind: type[Facts], path: str, query: Mapping[str, str] | None = None
    ) -> Facts:
        """Ask whoever is at an address. Raises SilentError."""
        try:
            page = URL(address + path) % (query or {})
            return msgspec.json.decode(await self._fetch(page), type=kind)
        except TimeoutError:
            raise SilentError(f"no answer within {_SECONDS} s") from None
        except (ClientError, OSError) as error:
            raise SilentError(str(error) or type(error).__name__) from None
        except msgspec.MsgspecError as error:
            raise SilentError(f"its answer is of another version: {error}") from None

    async def _fetch(self, page: URL) -> bytes:
        limit = ClientTimeout(total=_SECONDS)
        headers = {"Accept": "application/json"}
        async with self._app.http_client.get(page, timeout=limit, headers=headers) as answer:
            if answer.status != 200:  # noqa: PLR2004 - OK
                raise SilentError(f"it answered {answer.status}: is it of an older version?")
            body = await answer.content.read(_ANSWER_BYTES)
            while not answer.content.at_eof() and len(body) < _ANSWER_BYTES:
                body += await answer.content.read(_ANSWER_BYTES - len(body))
            return body


def _address(url: URL) -> str:
    return str(url.origin()) if url.host else str(url)
