"""The trades of one product, in their order, each once. Pure: no I/O, and clocks are parameters.

The exchange numbers the trades of a product without holes (`trade_id`). So what is missing is known
as soon as anything later is heard of, be it a trade or a heartbeat that names the last one.
"""

from collections.abc import Iterable

from sources.base import Record, SourceRefused
from sources.coinbase.messages import Heartbeat, Match, Ticker, Trade
from sources.coinbase.ticks import record
from telemetry.source_stats import SourceStats

_MOST_WAITING = 20_000
"""Trades that wait for an earlier one. More are let go, and fetched when it is their turn."""

_BACK_HEARTBEATS = 60
"""So many in a row that name an older trade than is known are no late ones any more."""

Reached = list[int]
"""A trade's number and sequence: the resume point of a product."""


class Product:
    """Takes trades as they come, and gives them as they were made."""

    def __init__(self, name: str, reached: Reached | None, stats: SourceStats) -> None:
        self.name = name
        self._key = name.encode()
        self._stats = stats
        self._last: int | None = None
        self._sequence = 0
        if reached is not None:
            self._last, self._sequence = reached
        self._known = self._last or 0
        """The newest trade that is known to exist."""
        self._waiting: dict[int, Match | Trade | None] = {}
        """By number; None for one that the exchange does not have."""
        self._statistics: Ticker | None = None
        self._counted = self._last or 0
        self._missing_since: float | None = None
        self._back = 0
        self.heard_at = 0.0
        """When its last heartbeat came, by the clock that `heartbeat` was told."""

    @property
    def reached(self) -> Reached | None:
        """Where what was given ends; None before anything is known."""
        return None if self._last is None else [self._last, self._sequence]

    @property
    def lacks_statistics(self) -> bool:
        """Whether trades wait only for a first ticker."""
        return self._statistics is None and bool(self._waiting)

    def ticker(self, ticker: Ticker) -> None:
        self._statistics = ticker

    def trade(self, trade: Match | Trade) -> None:
        """Take in a trade; one that is there already is dropped."""
        number = trade.trade_id
        if self._last is None:
            self._begin(number - 1, max(0, trade.sequence - 1) if isinstance(trade, Match) else 0)
        if number <= (self._last or 0) or self._waiting.get(number) is not None:
            self._stats.duplicates += 1
            return
        self._known = max(self._known, number)
        if len(self._waiting) < _MOST_WAITING or number == (self._last or 0) + 1:
            self._waiting[number] = trade

    def heartbeat(self, heartbeat: Heartbeat, now: float) -> None:
        """Take in which trade is the last. Raises SourceRefused if trades are numbered anew."""
        self.heard_at = now
        if self._last is None:
            self._begin(heartbeat.last_trade_id, heartbeat.sequence)
        self._known = max(self._known, heartbeat.last_trade_id)
        self._back = self._back + 1 if heartbeat.last_trade_id < (self._last or 0) else 0
        if self._back > _BACK_HEARTBEATS:
            raise SourceRefused(
                f"{self.name}: trade {self._last} was read, and the exchange's last is "
                f"{heartbeat.last_trade_id}: it numbers anew. Give the source another name in "
                "headrace.yaml, so that it begins anew too"
            )

    def take(self) -> list[Record]:
        """Give the records of all trades that follow on from the last one given."""
        if self._statistics is None or self._last is None:
            return []
        records: list[Record] = []
        while self._last + 1 in self._waiting:
            self._last += 1
            trade = self._waiting.pop(self._last)
            # REST tells no sequence. Each trade has one of its own, so counting on from the trade
            # before stays below the next one's
            known = trade.sequence if isinstance(trade, Match) else 0
            self._sequence = max(known, self._sequence + 1)
            if trade is not None:
                records.append(record(trade, self._sequence, self._statistics, self._key))
        return records

    def missing(self, now: float, grace_seconds: float) -> tuple[int, int] | None:
        """Give the first and last number of a hole that nobody has filled in the time of grace."""
        if self._last is None or self._known <= self._last or self._last + 1 in self._waiting:
            self._missing_since = None
            return None
        if self._missing_since is None:
            self._missing_since = now
        if now - self._missing_since < grace_seconds:
            return None
        first = self._last + 1
        last = min(self._waiting, default=self._known + 1) - 1
        self._stats.gaps += max(0, last - max(self._counted, first - 1))
        self._counted = max(self._counted, last)
        return first, last

    def due(self, grace_seconds: float) -> float | None:
        """Say when `missing` will have something to tell; None while nothing is missing."""
        return None if self._missing_since is None else self._missing_since + grace_seconds

    def fill(self, trades: Iterable[Trade], first: int, last: int) -> None:
        """Take in what was fetched of a hole; what of it the exchange does not have is left out.

        With `last` below `first` it lists nothing there: then it has to be told of again.
        """
        if last < first:
            self._known = max(self._waiting, default=self._last or 0)
            return
        fetched = {trade.trade_id: trade for trade in trades}
        for number in range(max(first, (self._last or 0) + 1), last + 1):
            if self._waiting.get(number) is None:
                self._waiting[number] = fetched.get(number)
                self._stats.filled += number in fetched

    def _begin(self, number: int, sequence: int) -> None:
        self._last, self._sequence = number, sequence
        self._known = self._counted = number
