"""What the real decoder and the real windows make of generated records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from generator.records import Record
from generator.truth import Value, window_key
from models.all import STREAMS
from models.batches import Batch, DecodedBatch
from models.decode import Decoder
from models.fold import Deltas, merge_deltas
from models.money import decimals
from models.positions import TopicPartition
from models.records import RecordBatch
from models.validation import Limits

_MINUTE_MICROSECONDS = 60_000_000

Numbers = dict[str, list[int | Decimal]]


@dataclass(frozen=True)
class Stored:
    offset: int
    timestamp: int
    value: bytes | None


def decode(
    stream: str, records: Sequence[Record], timestamp: int, partition: int = 0
) -> DecodedBatch:
    """Decode as if all had been written at `timestamp` (milliseconds); offsets are indices."""
    stored = [Stored(offset, timestamp, record.value) for offset, record in enumerate(records)]
    batch = RecordBatch(TopicPartition(stream, partition), 0, len(stored), stored)
    return Decoder(STREAMS[stream], Limits()).decode(batch)


def rows(decoded: DecodedBatch) -> list[dict[str, Any]]:
    """Give the rows of a batch, by the names of their columns."""
    names = STREAMS[decoded.tp.topic].column_names
    return [dict(zip(names, values, strict=True)) for values in zip(*decoded.columns, strict=True)]


def folded(stream: str, decoded: Sequence[DecodedBatch]) -> Deltas:
    """Give what the rows of batches fold into."""
    deltas: Deltas = {}
    for one in decoded:
        batch = Batch(STREAMS[stream])
        batch.add(one, rows=None)
        merge_deltas(deltas, batch.deltas())
    return deltas


def views(deltas: Deltas) -> dict[str, Numbers]:
    """Say of folded windows what a truth says of its own, in exact numbers."""
    return {
        window.name: _VIEWS[window.name](_without_partition(window.measures, rows))
        for window, rows in deltas.items()
        if window.name in _VIEWS
    }


def exact(said: Mapping[str, Mapping[str, Sequence[Value]]]) -> dict[str, Numbers]:
    """Make numbers of what a truth says."""
    return {
        name: {key: [_number(value) for value in values] for key, values in windows.items()}
        for name, windows in said.items()
    }


def _number(value: Value) -> int | Decimal:
    return Decimal(value) if isinstance(value, str) else value


def _without_partition(measures: Any, rows: Mapping[Any, Any]) -> dict[Any, tuple[Any, ...]]:
    merged: dict[Any, tuple[Any, ...]] = {}
    for (start, _, *keys), row in rows.items():
        key = (start // _MINUTE_MICROSECONDS, *keys)
        held = merged.get(key)
        merged[key] = row if held is None else _merge(measures, held, row)
    return merged


def _merge(measures: Any, held: Any, row: Any) -> tuple[Any, ...]:
    merging = zip(measures, held, row, strict=True)
    return tuple(measure.merge(one, other) for measure, one, other in merging)


def _first(count: int) -> Any:
    return lambda rows: {window_key(*key): list(row[:count]) for key, row in rows.items()}


def _summary(rows: Mapping[Any, Any]) -> Numbers:
    summary: dict[str, list[int | Decimal]] = {}
    for (minute, _, event_type), (events,) in rows.items():
        numbers = summary.setdefault(window_key(minute, event_type), [0, 0])
        numbers[0] += events
        numbers[1] += 1
    return summary


def _purchases(rows: Mapping[Any, Any]) -> Numbers:
    return {
        window_key(minute, country, currency): [
            purchases,
            quantity,
            Decimal(minor).scaleb(-decimals(currency)),
        ]
        for (minute, country, currency), (purchases, quantity, minor) in rows.items()
    }


def _candles(rows: Mapping[Any, Any]) -> Numbers:
    return {
        window_key(*key): [trades, volume, opened[1], high, low, closed[1], first, last]
        for key, (trades, opened, high, low, closed, volume, first, last) in rows.items()
    }


def _quality(rows: Mapping[Any, Any]) -> Numbers:
    return {
        # what is not compared: seconds with a stall, and the buckets
        window_key(*key): [row[0], *row[2:9]]
        for key, row in rows.items()
    }


_VIEWS: Mapping[str, Any] = {
    "traffic_by_cdn": _first(2),
    "quality_by_cdn_and_asn": _quality,
    "media_events_by_type": _first(1),
    "content_plays": _first(2),
    "user_event_summary": _summary,
    "purchases_by_country": _purchases,
    "candles_by_product": _candles,
}
