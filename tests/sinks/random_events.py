"""Events of every stream at random, so that they meet in windows, with numbers at their ends."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from models.all import STREAMS
from models.batches import Batch
from models.decode import Decoder
from models.money import MOST_MINOR
from models.positions import TopicPartition
from models.streams import Stream
from models.validation import Limits
from models.windows import Window
from sinks.postgres.sink import PostgresSink
from tests.models.examples import FORMS
from tests.models.records import batch_of

MIDDLES = (datetime(2026, 11, 22, 10, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC))
"""Events lie around them: now, and where seconds since 1970 change their sign."""

AROUND = timedelta(minutes=75)
_NEVER_JUDGED = -1  # the timestamp of a record that has none: any event time is taken then
_DECIMALS = {"EUR": 2, "JPY": 0, "KWD": 3, "CLF": 4}

Fields = dict[str, Any]


def _session(random: Random) -> Fields:
    return {
        "asn": random.choice([0, 3320, 4_294_967_295]),
        "current_cdn": random.choice(["Akamai", "akamai", "Ünï😀", "a b"]),
        "video_profile_kbps": random.choice([0, 1, 1_000_000, random.randrange(1_000_000)]),
        "heartbeat_seconds": random.choice([0, 1, 10, 3_600]),
        "rebuffer_ms": random.choice([None, 0, 1, 2**31 - 1]),
        "errors": random.choice([None, 0, 3]),
        "startup_ms": random.choice([None, 0, 249, 250, 7_999, 8_000, 2**31 - 1]),
        "throughput_kbps": random.choice([None, 0, 999, 1_000, 31_999, 32_000, 10**8]),
    }


def _media(random: Random) -> Fields:
    return {
        "event_type": random.choice(["play", "pause", "stop"]),
        "content_type": random.choice(["movie", "episode", "ad"]),
        "content_id": f"c-{random.randrange(3)}",
        "title": random.choice(["", "Metropolis", "Ä\\'\"%"]),
    }


def _activity(random: Random) -> Fields:
    return {
        "user_id": f"u-{random.randrange(9)}",
        "event_type": random.choice(["click", "view", "scroll"]),
    }


def _purchase(random: Random) -> Fields:
    currency = random.choice(list(_DECIMALS))
    minor = random.choice([0, 1, MOST_MINOR, random.randrange(MOST_MINOR)])
    amount = f"{minor}e-{_DECIMALS[currency]}"
    return {
        "country": random.choice(["DE", "KW", "JP"]),
        "quantity": random.choice([1, 2, 1_000_000]),
        "currency": currency,
        "unit_price": "0",
        "amount": min(amount, "1000000000000", key=float),
    }


def _tick(random: Random) -> Fields:
    # few sequence numbers: several trades claim the same one, in one partition and in others
    return {
        "sequence": random.choice([0, 1, 2, 3, 2**63 - 2, 2**63 - 1]),
        "price": random.choice(["0.000000000001", "1000000000000", "1.5", "1.50", "2", "10"]),
        "last_size": random.choice(["0", "0.000000000001", "999999999999.999999999999", "1e2"]),
        "product_id": random.choice(["BTC-USD", "ETH-USD"]),
    }


_FIELDS: Mapping[str, Callable[[Random], Fields]] = {
    "content_sessions": _session,
    "media_events": _media,
    "user_activity": _activity,
    "purchases": _purchase,
    "market_ticks": _tick,
}


def event(stream: Stream, random: Random, middle: datetime = MIDDLES[0]) -> bytes:
    """Make an event within AROUND the middle, often on the very edge of a minute."""
    form = random.choice([form for form in FORMS.values() if form.stream.topic == stream.topic])
    time = next(name for name in ("time", "timestamp", "event_time") if name in form.good)
    minute = middle + random.randrange(-60, 60) * timedelta(minutes=1)
    microseconds = random.choice([0, -1, 1, 59_999_999, random.randrange(60_000_000)])
    at = minute + timedelta(microseconds=microseconds)
    return form.event(**_FIELDS[stream.topic](random), **{time: at.isoformat()})


class Filling:
    """Writes batches of random events as a worker does, each partition on from its position."""

    def __init__(self, dsn: str, stream: Stream, random: Random) -> None:
        self.sink = PostgresSink(dsn, stream)
        self._stream = stream
        self._random = random
        self._decoder = Decoder(stream, Limits())

    async def write(self, partitions: int, events: int, middle: datetime = MIDDLES[0]) -> None:
        """Store so many events of each of these partitions, in one write."""
        tps = [TopicPartition(self._stream.topic, number) for number in range(partitions)]
        positions = await self.sink.positions(tps)
        batch = Batch(self._stream)
        for tp, position in positions.items():
            decoded = self._decoder.decode(
                batch_of(
                    [event(self._stream, self._random, middle) for _ in range(events)],
                    start=position.last_offset + 1,
                    tp=tp,
                    timestamp=_NEVER_JUDGED,
                )
            )
            assert not decoded.dead_letters, decoded.dead_letters[0].detail
            batch.add(decoded, self.sink.encode(decoded, position.epoch))
        await self.sink.write(batch, positions)


def every_window() -> Mapping[str, tuple[Stream, Window]]:
    return {
        window.name: (stream, window) for stream in STREAMS.values() for window in stream.windows
    }
