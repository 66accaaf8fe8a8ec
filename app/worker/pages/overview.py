"""The overview: what all workers said, as the page shows it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.worker.pages.facts import Letter, WindowRows, WorkerFacts
from app.worker.pages.holders import Holders
from app.worker.pages.peers import Gathered
from app.worker.pages.sinks import SinkShown
from app.worker.pages.tables import TableRows, newest_of
from app.worker.pages.together import Course, all_streams, together
from app.worker.pages.worker import OVERVIEW_KEYS
from models.streams import Stream
from telemetry.flow import StreamFlow, unheld_of
from telemetry.worker_status import Progress, Unheld

_LETTERS = 20


@dataclass(frozen=True, slots=True)
class WorkerShown:
    """A worker; `silent` says why it told nothing, "" if it did."""

    number: int
    address: str
    silent: str
    name: str = ""
    state: str = "silent"
    waiting_for: str | None = None
    memory_bytes: int | None = None
    partitions: int = 0


@dataclass(frozen=True, slots=True)
class PartitionShown:
    """A partition; `worker` is its holder's number, None where nobody is known to hold it.

    `unheld` says that nobody stores it, whoever holds it.
    """

    number: int
    worker: int | None
    progress: Progress | None
    unheld: Unheld | None = None


@dataclass(frozen=True, slots=True)
class StreamShown:
    """One stream in all workers that answered."""

    flow: StreamFlow
    course: Course
    waiting_for: str | None
    partitions: Sequence[PartitionShown]


@dataclass(frozen=True, slots=True)
class Overview:
    """All that the page shows; counters begin at 0 with each worker."""

    at: datetime
    workers: Sequence[WorkerShown]
    streams: Sequence[StreamShown]
    course: Course
    windows: Sequence[TableRows]
    letters: Sequence[Letter]
    sinks: Sequence[SinkShown] = ()
    """Further sinks, which nothing else here counts."""

    @property
    def silent(self) -> Mapping[str, str]:
        """Say by address why a worker told nothing."""
        return {worker.address: worker.silent for worker in self.workers if worker.silent}

    @property
    def unheld(self) -> str:
        """Say which streams have partitions that nobody stores, "" if there are none."""
        return unheld_of(stream.flow for stream in self.streams)

    @property
    def waits(self) -> Mapping[str, Sequence[str]]:
        """Give by reason which streams wait."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for stream in self.streams:
            if stream.waiting_for:
                found[stream.waiting_for].append(stream.flow.name)
        return found

    @property
    def lag(self) -> int:
        return sum(stream.flow.lag for stream in self.streams)

    @property
    def rows_stored(self) -> int:
        return sum(stream.flow.rows_stored for stream in self.streams)

    @property
    def dead_letters(self) -> int:
        return sum(sum(stream.flow.dead_letters.values()) for stream in self.streams)

    @property
    def freshness(self) -> tuple[float | None, float | None]:
        """Give the slowest stream's p50 and p99, seconds."""
        p50 = [stream.flow.freshness_p50 for stream in self.streams]
        p99 = [stream.flow.freshness_p99 for stream in self.streams]
        return (
            max((value for value in p50 if value is not None), default=None),
            max((value for value in p99 if value is not None), default=None),
        )


def overview(
    streams: Sequence[Stream],
    gathered: Gathered[WorkerFacts],
    held: Holders,
    now: datetime,
    sinks: Sequence[SinkShown] = (),
) -> Overview:
    """Put together what workers told. Pure: everything it shows comes in."""
    held = _with_told(held, gathered)
    workers = list(_workers(gathered, held))
    numbers = {worker.address: worker.number for worker in workers}
    shown = [_stream(stream, gathered, held, numbers) for stream in streams]
    letters = [letter for facts in gathered.answers.values() for letter in facts.letters]
    return Overview(
        at=now,
        workers=workers,
        streams=shown,
        course=all_streams(stream.course for stream in shown),
        windows=list(_windows(streams, list(gathered.answers.values()))),
        letters=sorted(letters, key=lambda letter: -letter.timestamp)[:_LETTERS],
        sinks=sinks,
    )


def _with_told(held: Holders, gathered: Gathered[WorkerFacts]) -> Holders:
    """Add what workers say that they hold: a sink has no live tables to read it off."""
    told: dict[str, dict[int, str]] = {}
    for address, facts in gathered.answers.items():
        for name, status in facts.status.streams.items():
            places = facts.status.partitions.get(status.topic, {})
            told.setdefault(name, {}).update((int(number), address) for number in places)
    return {name: {**told.get(name, {}), **held.get(name, {})} for name in {*told, *held}}


def _workers(gathered: Gathered[WorkerFacts], held: Holders) -> Iterator[WorkerShown]:
    addresses = sorted([*gathered.answers, *gathered.silent])
    for number, address in enumerate(addresses, start=1):
        count = sum(list(holders.values()).count(address) for holders in held.values())
        if address in gathered.silent:
            silent = gathered.silent[address]
            yield WorkerShown(number, address, silent, partitions=count)
        else:
            status = gathered.answers[address].status
            yield WorkerShown(
                number,
                address,
                "",
                status.worker,
                status.state,
                status.waiting_for,
                status.memory_bytes,
                count,
            )


def _stream(
    stream: Stream,
    gathered: Gathered[WorkerFacts],
    held: Holders,
    numbers: Mapping[str, int],
) -> StreamShown:
    name = stream.topic
    statuses, places, waits = [], {}, []
    for facts in gathered.answers.values():
        status = facts.status.streams.get(name)
        if status is None:
            continue
        statuses.append(status)
        waits.append(status.waiting_for)
        for number, progress in facts.status.partitions.get(status.topic, {}).items():
            places[int(number)] = progress
    holders = held.get(name, {})
    flow = StreamFlow(name, tuple(statuses), dict(sorted(places.items())))
    last = max([*holders, *places, *flow.unheld, flow.topic_partitions - 1], default=-1)
    return StreamShown(
        flow,
        together(
            facts.samples[name] for facts in gathered.answers.values() if name in facts.samples
        ),
        next((wait for wait in waits if wait), None),
        [
            PartitionShown(
                number,
                numbers.get(holders.get(number, "")),
                places.get(number),
                flow.unheld.get(number),
            )
            for number in range(last + 1)
        ],
    )


def _windows(streams: Sequence[Stream], answers: Sequence[WorkerFacts]) -> Iterator[TableRows]:
    for stream in streams:
        for window in stream.windows:
            told = [facts.windows.get(window.name, WindowRows("")) for facts in answers]
            yield newest_of(stream, window, told, OVERVIEW_KEYS)
