"""The last ten minutes of each stream, for sparklines."""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import faust

from app.worker.pages.facts import SLOT_SECONDS, Samples
from app.worker.partition_progress import held
from app.worker.status import StreamMonitor

_KEPT = 150


@dataclass(frozen=True, slots=True)
class Moment:
    """What a stream's counters said at one moment."""

    events_in: int
    dead_letters: int
    lag: int
    freshness: float | None


class StreamHistory:
    """Samples of one stream; the first moment only begins it, as rates need two."""

    def __init__(self) -> None:
        self._last: tuple[float, Moment] | None = None
        self._slot = 0
        self._rate: deque[float] = deque(maxlen=_KEPT)
        self._lag: deque[int] = deque(maxlen=_KEPT)
        self._freshness: deque[float | None] = deque(maxlen=_KEPT)
        self._dead_letters: deque[int] = deque(maxlen=_KEPT)

    def add(self, now: float, moment: Moment) -> None:
        """Take in a moment; `now` is in seconds since 1970.

        Slots that were slept through, while the event loop stood still, get the same values: what
        came in them came at that rate.
        """
        slot = int(now // SLOT_SECONDS)
        last, self._last = self._last, (now, moment)
        if last is None or now <= last[0]:
            self._slot = slot
            return
        before = last[1]
        rate = (moment.events_in - before.events_in) / (now - last[0])
        missed = min(max(slot - self._slot, 1), _KEPT)
        for _ in range(missed):
            self._rate.append(round(rate, 1))
            self._lag.append(moment.lag)
            self._freshness.append(moment.freshness)
            self._dead_letters.append(0)
        self._dead_letters[-1] = moment.dead_letters - before.dead_letters
        self._slot = slot

    def samples(self) -> Samples:
        return Samples(
            self._slot,
            list(self._rate),
            list(self._lag),
            list(self._freshness),
            list(self._dead_letters),
        )


class History:
    """Samples of all streams of a worker."""

    def __init__(
        self,
        app: faust.App,
        streams: Sequence[StreamMonitor],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._app = app
        self._streams = streams
        self._now = now
        self._kept = {one.stream.topic: StreamHistory() for one in streams}

    def sample(self) -> None:
        now = self._now()
        for one in self._streams:
            self._kept[one.stream.topic].add(now, self._moment(one))

    def samples(self) -> Mapping[str, Samples]:
        return {name: history.samples() for name, history in self._kept.items()}

    def _moment(self, one: StreamMonitor) -> Moment:
        return Moment(
            one.stats.events_in,
            one.stats.dead_letters.total(),
            sum(place.lag for place in held(self._app, one.writer).values()),
            one.stats.freshness.quantiles()["p50"],
        )
