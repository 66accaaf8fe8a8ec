"""The measures, in order; rounds alternate, so that what is compared saw the same machine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Callable

from benchmarks.copy_rows import copy_rate
from benchmarks.cpu import profile
from benchmarks.drain import Drained, drain
from benchmarks.environment import Place
from benchmarks.exactness import check_exact
from benchmarks.figures import Figure, figure, ratio
from benchmarks.freshness import freshness
from benchmarks.options import Options
from benchmarks.pathway import pathway_rate
from benchmarks.prefilled_topic import Backlog, fill
from benchmarks.stock import stock_rate
from benchmarks.takeover import takeover_seconds

_MEGABYTE = 1_000_000
_ROUNDS = {"drain", "pathway", "copy", "cpu", "two_workers"}


class Run:
    """One run; `figures` fills up."""

    def __init__(self, place: Place, options: Options, say: Callable[[str], None]) -> None:
        self._place = place
        self._options = options
        self._say = say
        self._runs: defaultdict[str, list[float]] = defaultdict(list)
        self.figures: dict[str, Figure] = {}

    async def measure(self) -> AsyncIterator[None]:
        """Measure one thing after the other; yields after each."""
        only, broker = self._options.only, self._place.kafka.address
        if only & _ROUNDS:
            self._say(f"filling a topic with {self._options.events:,} heartbeats")
            backlog = await fill(broker, "bench-", self._options.events)
            for number in range(1, self._options.repeat + 1):
                await self._round(backlog, number)
                yield
            if "cpu" in only:
                await self._profile(backlog)
                yield
        if "stock" in only:
            await self._stock()
            yield
        if "takeover" in only:
            self._say("takeover after kill -9")
            self._add("takeover", await takeover_seconds(self._place))
            yield
        if "freshness" in only:
            await self._freshness()
            yield

    async def _round(self, backlog: Backlog, number: int) -> None:
        only = self._options.only
        round_of = f"round {number} of {self._options.repeat}:"
        async with self._place.database() as dsn:
            self._say(f"{round_of} worker")
            self._add_drained(await drain(self._place, backlog, dsn))
            await check_exact(dsn, backlog)
            if "copy" in only:
                self._say(f"{round_of} COPY")
                self._add("copy", await copy_rate(dsn))
                self._compare("drain_to_copy", "drain", "copy")
        if "pathway" in only:
            self._say(f"{round_of} Pathway")
            async with self._place.database() as dsn:
                self._add("pathway", await pathway_rate(self._place, backlog, dsn))
            self._compare("drain_to_pathway", "drain", "pathway")
        if "two_workers" in only:
            self._say(f"{round_of} two workers")
            async with self._place.database() as dsn:
                both = await drain(self._place, backlog, dsn, workers=2)
                await check_exact(dsn, backlog)
            self._add("two_workers", both.events_per_second)
            self._compare("two_to_one", "two_workers", "drain")

    async def _profile(self, backlog: Backlog) -> None:
        self._say("profile of a worker")
        async with self._place.database() as dsn:
            split = await profile(self._place, backlog, dsn, self._options.profile)
        per_event = self.figures["cpu"].value
        self.figures["cpu"] = figure(
            "cpu",
            self._runs["cpu"],
            profile=split.profile.name,
            samples=split.samples,
            stages={name: round(share * per_event, 3) for name, share in split.shares.items()},
        )

    async def _stock(self) -> None:
        self._say("stock Faust agent")
        backlog = await fill(self._place.kafka.address, "stock-", self._options.stock_events)
        for number in range(1, self._options.repeat + 1):
            self._say(f"stock Faust agent, round {number} of {self._options.repeat}")
            rate = await stock_rate(self._place, backlog, self._options.stock_seconds)
            self._add("stock", rate)
        self._compare("drain_to_stock", "drain", "stock")

    async def _freshness(self) -> None:
        self._say(f"freshness, for {self._options.freshness_seconds:.0f} s")
        fresh = await freshness(self._place, self._options.freshness_seconds)
        said = {"worker_p50": fresh.worker_p50, "worker_p99": fresh.worker_p99}
        self._add("freshness_p50", fresh.p50, produced_per_second=fresh.produced_per_second, **said)
        self._add("freshness_p99", fresh.p99, **said)

    def _add_drained(self, drained: Drained) -> None:
        self._add("drain", drained.events_per_second)
        self._add("memory", drained.peak_bytes / _MEGABYTE)
        self._add("first_row", drained.first_row_seconds)
        self._add("cpu", drained.cpu_seconds_per_event * 1_000_000)

    def _add(self, name: str, value: float, **details: float | None) -> None:
        self._runs[name].append(value)
        self.figures[name] = figure(name, self._runs[name], **details)

    def _compare(self, name: str, of: str, to: str) -> None:
        if of in self.figures:
            self.figures[name] = ratio(name, self.figures[of], self.figures[to], to)
