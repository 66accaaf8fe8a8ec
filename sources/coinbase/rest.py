"""Fetches trades that were missed: `GET /products/{id}/trades`."""

import asyncio
import logging

import aiohttp
import msgspec
from aiolimiter import AsyncLimiter
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type
from tenacity.wait import wait_random_exponential

from sources.coinbase.messages import Trade, decode_list, decode_trade
from telemetry.source_stats import SourceStats

logger = logging.getLogger(__name__)

_PAGE = 1_000
_SECONDS = aiohttp.ClientTimeout(total=20)
_TRIES_OF_WHAT_IS_NOT_THERE = 4
"""A trade that was just made may not be listed yet."""


class _TryAgain(Exception):  # noqa: N818 - a signal
    """The exchange did not answer what was asked."""


class TradeHistory:
    """The exchange's list of trades, asked no faster than it allows.

    Pages are cut by the trades' numbers, the oldest first, so that a hole of any size is filled in
    order and in bounded memory: `after=N` gives those before N, the newest first.
    """

    def __init__(self, url: str, requests_per_second: float, stats: SourceStats) -> None:
        self._url = url.rstrip("/")
        self._stats = stats
        self._limiter = AsyncLimiter(max(1.0, requests_per_second), _period(requests_per_second))

    async def page(
        self, session: aiohttp.ClientSession, product: str, first: int, last: int
    ) -> tuple[list[Trade], int]:
        """Fetch the trades from `first` on; return them and the number that they reach.

        That is below `first` where the exchange lists nothing from there on. Waits for an exchange
        that fails as long as it takes: the trades are missing until then.
        """
        reach = min(last, first + _PAGE - 1)
        found: dict[int, Trade] = {}
        for tried in range(_TRIES_OF_WHAT_IS_NOT_THERE):
            if tried:
                await asyncio.sleep(0.25 * 2**tried)
            for trade in await self._patiently(session, product, reach + 1):
                if first <= trade.trade_id <= reach:
                    found[trade.trade_id] = trade
            if len(found) == reach - first + 1:
                return [found[number] for number in sorted(found)], reach
        # what is not listed does not exist only if a later one is: the list may lag behind, and a
        # number that was told may be none
        listed = await self._patiently(session, product, reach + 1 + _PAGE)
        newest = max((trade.trade_id for trade in listed), default=0)
        reach = min(reach, max(newest, max(found, default=first - 1)))
        return [found[number] for number in sorted(found)], reach

    async def _patiently(
        self, session: aiohttp.ClientSession, product: str, after: int
    ) -> list[Trade]:
        patience = AsyncRetrying(
            retry=retry_if_exception_type(_TryAgain),
            wait=wait_random_exponential(0.5, 30),
            before_sleep=lambda state: self._tell(product, state),
        )
        trades: list[Trade] = await patience(self._ask, session, product, after)
        self._stats.waiting.pop(_label(product), None)
        return trades

    def _tell(self, product: str, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        self._stats.waiting[_label(product)] = str(error)
        logger.warning("%s: %s; asked again", _label(product), error)

    def _trades(self, raw: bytes) -> list[Trade]:
        """Leave out what is no trade: one that never will be must not hold up all others."""
        trades: list[Trade] = []
        for one in decode_list(raw):
            try:
                trades.append(decode_trade(one))
            except msgspec.ValidationError:
                self._stats.refused["not as documented"] += 1
        return trades

    async def _ask(self, session: aiohttp.ClientSession, product: str, after: int) -> list[Trade]:
        parameters = {"after": str(after), "limit": str(_PAGE)}
        try:
            async with (
                self._limiter,
                session.get(
                    f"{self._url}/products/{product}/trades", params=parameters, timeout=_SECONDS
                ) as answer,
            ):
                if answer.status != 200:  # noqa: PLR2004 - HTTP's own
                    raise _TryAgain(f"answers {answer.status}")
                return self._trades(await answer.read())
        # ValueError: msgspec's, of what is no list of trades
        except (aiohttp.ClientError, OSError, ValueError, RecursionError) as error:
            raise _TryAgain(type(error).__name__) from error


def _period(requests_per_second: float) -> float:
    return max(1.0, requests_per_second) / requests_per_second


def _label(product: str) -> str:
    return f"missed trades of {product}"
