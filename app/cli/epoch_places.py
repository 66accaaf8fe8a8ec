"""Where a topic's epochs are kept: PostgreSQL, and each sink of headrace.yaml that takes it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import click

from batching.topics import count_partitions
from config.document import ConfiguredSink
from config.roles import CORE
from config.settings import Settings
from models.positions import Positions, TopicPartition
from models.streams import Stream
from sinks.configured import configured_sinks, kind_of, streams_here
from sinks.postgres.epochs import begin_epoch, stored_positions


class EpochPlace(Protocol):
    """One sink, and one topic in it."""

    @property
    def name(self) -> str: ...

    async def positions(self, broker: str) -> Positions:
        """Say how far the topic is stored. Raises SinkUnavailable."""
        ...

    async def begin(self, begun: Positions) -> int:
        """Begin the next epoch there; return its number. Raises SinkUnavailable."""
        ...


@dataclass(frozen=True)
class _Core:
    dsn: str
    topic: str
    name: str = CORE

    async def positions(self, broker: str) -> Positions:
        del broker  # the database knows its partitions
        return await stored_positions(self.dsn, [self.topic])

    async def begin(self, begun: Positions) -> int:
        return await begin_epoch(self.dsn, self.topic, begun)


@dataclass(frozen=True)
class _OfSink:
    configured: ConfiguredSink
    stream: Stream
    topic: str

    @property
    def name(self) -> str:
        return self.configured.name

    async def positions(self, broker: str) -> Positions:
        count = (await count_partitions(broker, [self.topic]))[self.topic]
        kind = kind_of(self.configured)
        sink = kind.open(self.configured.options, self.stream, self.name)
        try:
            return await sink.positions([TopicPartition(self.topic, one) for one in range(count)])
        finally:
            await sink.close()

    async def begin(self, begun: Positions) -> int:
        kind = kind_of(self.configured)
        if kind.begin_epoch is None:
            raise click.ClickException(
                f"a sink of kind {kind.name} begins no epochs: give it another place, like an "
                "empty folder or table"
            )
        return await kind.begin_epoch(self.configured.options, self.stream, self.topic, begun)


def places(settings: Settings, topic: str, names: Sequence[str]) -> list[EpochPlace]:
    """Give where the topic is stored, or those that are named. Raises click.ClickException."""
    found: list[EpochPlace] = [
        _Core(settings.database.get_secret_value(), topic),
        *_sinks(settings, topic),
    ]
    there = [place.name for place in found]
    for name in names:
        if name not in there:
            raise click.ClickException(
                f"--sink {name}: no such sink takes topic {topic!r}; there are {', '.join(there)}"
            )
    return [place for place in found if not names or place.name in names]


def _sinks(settings: Settings, topic: str) -> Iterator[EpochPlace]:
    for configured in configured_sinks(settings).values():
        for stream in streams_here(settings, configured):
            if settings.topic(stream.topic) == topic:
                yield _OfSink(configured, stream, topic)
