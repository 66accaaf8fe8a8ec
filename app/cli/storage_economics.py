"""What Parquet costs: an event's bytes, objects and PUTs a day, and dollars a month."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from config.document import ConfiguredSink
from config.environment import SettingsError
from config.settings import Settings
from generator.clients import Simulation
from generator.traffic import Fractions, Traffic
from models.batches import DecodedBatch
from models.decode import Decoder
from models.media_events import MEDIA_EVENTS
from models.positions import TopicPartition
from models.records import RecordBatch
from models.validation import Limits
from sinks.base import SinkUnavailable
from sinks.configured import configured_sinks, flush_of, kind_of, streams_here
from sinks.kinds import Flush, Weight, kinds

HEAD = ("stored", "JSON", "an event", "ratio", "a day", "PUTs a day", "storage", "PUTs", "a month")

_DAYS = 30
_DAY_SECONDS = 86_400
_SAMPLE_EVENTS = 200_000
_SAMPLE_BATCH = 5_000
_SAMPLE_PARTITIONS = 12
_RULE_JSON_BYTES = 350
_RULE_RATIOS = (1, 8, 10)
_RULE_RECORDS_A_PUT = 1_000_000
_GB = 1e9


@dataclass(frozen=True, slots=True)
class Prices:
    """How many events a minute, and dollars for a GB and month and for a thousand PUTs."""

    events_per_minute: int
    gb_month: float
    thousand_puts: float

    @property
    def events_per_second(self) -> float:
        return self.events_per_minute / 60

    def line(
        self, name: str, json_bytes: float, event_bytes: float, puts_a_day: float
    ) -> tuple[str, ...]:
        """Work a month out: what is kept of 30 days, and the PUTs of 30 days."""
        gb_a_day = event_bytes * self.events_per_minute * 1_440 / _GB
        storage = gb_a_day * _DAYS * self.gb_month
        puts = puts_a_day * _DAYS / 1_000 * self.thousand_puts
        return (
            name,
            f"{json_bytes:.0f} B",
            f"{event_bytes:.1f} B",
            f"{json_bytes / event_bytes:.1f}:1",
            f"{gb_a_day:,.0f} GB",
            f"{puts_a_day:,.0f}",
            f"${storage:,.0f}",
            f"${puts:,.2f}",
            f"${storage + puts:,.0f}",
        )


@dataclass(frozen=True, slots=True)
class _Weighed:
    name: str
    weight: Weight
    flush: Flush
    partitions: int

    def line(self, prices: Prices) -> tuple[str, ...]:
        weight, flush = self.weight, self.flush
        rate = prices.events_per_second
        seconds = min(
            flush.seconds,
            flush.records / rate,
            flush.size_bytes / (weight.json_bytes_per_event * rate),
        )
        # one for each partition and flush, and one more for each hour that begins in between
        puts = self.partitions * (_DAY_SECONDS / seconds + 24)
        return prices.line(self.name, weight.json_bytes_per_event, weight.bytes_per_event, puts)


async def economics(settings: Settings, prices: Prices) -> tuple[list[tuple[str, ...]], list[str]]:
    """Give lines under HEAD, and what has to be known about them. Raises SinkUnavailable."""
    found = [
        one
        for sink in configured_sinks(settings).values()
        if kinds()[sink.entry.kind].weigh is not None
        for one in await _weighed(settings, sink)
    ]
    notes = [
        f"{one.name}: {one.weight.objects:,} objects of {one.partitions} partitions, "
        f"{one.weight.size_bytes / _GB:,.3f} GB"
        for one in found
    ]
    if not found:
        found = [_sample()]
        notes = [_NOTHING.format(events=_SAMPLE_EVENTS, partitions=_SAMPLE_PARTITIONS)]
    return [*(one.line(prices) for one in found), *_rule_of_thumb(prices)], [
        *notes,
        _ABOUT.format(events=prices.events_per_minute),
    ]


async def _weighed(settings: Settings, sink: ConfiguredSink) -> list[_Weighed]:
    kind = kind_of(sink)
    assert kind.weigh is not None  # noqa: S101 - asked before
    found = []
    for stream in streams_here(settings, sink):
        try:
            weight = await kind.weigh(sink.options, settings.topic(stream.topic))
        except SinkUnavailable as error:
            raise SinkUnavailable(f"sink {sink.name}: {error}") from None
        if weight is not None:
            name = f"{sink.name}: {stream.topic}"
            found.append(_Weighed(name, weight, flush_of(sink, kind), weight.partitions))
    return found


def _sample() -> _Weighed:
    kind = kinds()["parquet"]
    if kind.missing:
        raise SettingsError(f"a sample of Parquet {kind.missing}")
    from sinks.parquet.weighing import weigh_sample  # noqa: PLC0415 - it imports pyarrow

    json_bytes, parts = 0, []
    for size, part in _simulated():
        json_bytes += size
        parts.append(part)
    weight = weigh_sample(MEDIA_EVENTS, parts, json_bytes)
    return _Weighed("media_events, a sample", weight, kind.flush, _SAMPLE_PARTITIONS)


@dataclass(frozen=True, slots=True)
class _Record:
    offset: int
    timestamp: int
    value: bytes | None


def _simulated() -> Iterator[tuple[int, DecodedBatch]]:
    """Give bytes of JSON and decoded records of the simulated clients, bad ones left out."""
    now = time.time_ns() // 1_000_000
    rate = 20_000
    start = now - _SAMPLE_EVENTS * 1_000 // rate
    decoder = Decoder(replace(MEDIA_EVENTS, windows=()), Limits())
    traffic = Traffic(MEDIA_EVENTS.topic, Simulation(1, rate, start), Fractions(bad=0))
    tp = TopicPartition(MEDIA_EVENTS.topic, 0)
    for begin in range(0, _SAMPLE_EVENTS, _SAMPLE_BATCH):
        records = [
            _Record(offset, now, made.value)
            for offset, made in enumerate(traffic.take(_SAMPLE_BATCH), begin)
        ]
        size = sum(len(record.value or b"") for record in records)
        yield size, decoder.decode(RecordBatch(tp, begin, begin + len(records), records))


def _rule_of_thumb(prices: Prices) -> Iterator[tuple[str, ...]]:
    puts = prices.events_per_minute * 1_440 / _RULE_RECORDS_A_PUT
    for ratio in _RULE_RATIOS:
        name = "estimate, raw JSON" if ratio == 1 else f"estimate, {ratio}:1"
        yield prices.line(name, _RULE_JSON_BYTES, _RULE_JSON_BYTES / ratio, puts)


_NOTHING = """\
No Parquet sink of headrace.yaml holds rows: here is a sample of {events:,} simulated
media_events, as if of {partitions} partitions."""
_ABOUT = """\
A month: 30 days of {events:,} events a minute, kept for a month, and the PUTs of these days.
Nothing is deleted by itself: each further month that is kept costs the same again. What readers
ask for, and transfer, come on top.
"estimate" is a rule of thumb beside it: 350 B of JSON an event, so much smaller as Parquet, and a
PUT for every million events, whatever the number of partitions."""
