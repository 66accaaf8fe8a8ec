"""Whether a worker lives and is ready: what /livez and /readyz answer."""

import time
from collections.abc import Callable, Iterator, Sequence

import faust

from agents.database_probing import LastProbe
from app.worker.partition_progress import held, silent_seconds
from app.worker.status import StreamMonitor
from telemetry.flow import told_unheld

_STUCK_SECONDS = 120.0
_UNHEARD_SECONDS = 30.0


class WorkerHealth:
    """Looks at the Faust app and at every stream's writer."""

    def __init__(
        self,
        app: faust.App,
        streams: Sequence[StreamMonitor],
        last_probe: LastProbe,
        clock: Callable[[], float] = time.monotonic,
        *,
        waits: Callable[[], str | None] = lambda: None,
    ) -> None:
        """Take in `waits`, which says what the worker waits for before it reads anything."""
        self._app = app
        self._streams = streams
        self._last_probe = last_probe
        self._clock = clock
        self._waits_for = waits

    def not_live(self) -> Sequence[str]:
        """Say which stream has records to read or to write and does neither.

        Waiting for the database or for Kafka is none of that: starting the worker again would not
        mend it. An event loop that stands still does not answer at all.
        """
        return [
            f"{one.stream.topic}: nothing accepted or stored for {_STUCK_SECONDS:.0f} s, "
            "and there is something to do"
            for one in self._streams
            if self._is_stuck(one)
        ]

    def not_ready(self) -> Sequence[str]:
        """Say what is missing until every stream is read and stored."""
        if reason := self._waits_for():
            return [reason]
        if not self._app.started or self._app.rebalancing_count == 0:
            return ["Kafka has not assigned partitions yet"]
        if self._app.rebalancing or self._app.in_recovery:
            return ["partitions are being taken over"]
        return [*self._waits(), *self._not_begun(), *self._unheld(), *self._unheard()]

    def _is_stuck(self, one: StreamMonitor) -> bool:
        if one.stats.waiting_for or self._clock() - one.stats.progressed_at < _STUCK_SECONDS:
            return False
        if one.writer.has_work:
            return True
        has_lag = any(place.lag for place in held(self._app, one.writer).values())
        return has_lag and silent_seconds(self._app) < _UNHEARD_SECONDS

    def _waits(self) -> Iterator[str]:
        for one in self._streams:
            if one.stats.waiting_for:
                yield f"{one.stream.topic} waits: {one.stats.waiting_for}"
        if self._last_probe.failure:
            yield f"the database did not answer: {self._last_probe.failure}"

    def _not_begun(self) -> Iterator[str]:
        assigned = self._app.consumer.assignment()
        for one in self._streams:
            mine = {tp for tp in assigned if tp.topic in one.writer.topics}
            missing = len(mine) - len(one.writer.done_up_to())
            if missing > 0:
                yield f"{one.stream.topic}: {missing} of {len(mine)} partitions not taken over yet"

    def _unheld(self) -> Iterator[str]:
        """Tell of others' partitions too: a roll-out that leaves them to nobody must not go on."""
        for one in self._streams:
            stats = one.stats
            if said := told_unheld(stats.unheld.values(), stats.topic_partitions):
                yield f"{one.stream.topic}: {said}"

    def _unheard(self) -> Iterator[str]:
        if silent_seconds(self._app) > _UNHEARD_SECONDS:
            yield f"Kafka has not answered for {_UNHEARD_SECONDS:.0f} s"
