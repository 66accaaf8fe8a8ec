"""A look at the database now and then, for metrics, alerts and readiness."""

from collections.abc import Awaitable, Callable, Iterator

import faust

from db.database_probe import DatabaseProbe
from telemetry.exposition import Sample
from telemetry.metrics import CDN_CAPACITY, DATABASE_BYTES

_EVERY_SECONDS = 15.0


class LastProbe:
    """What the last look saw, and why it failed if it did."""

    def __init__(self) -> None:
        self.seen = DatabaseProbe()
        self.failure = ""

    def samples(self) -> Iterator[Sample]:
        for cdn, mbps in self.seen.cdn_capacity_mbps.items():
            yield CDN_CAPACITY, (cdn,), mbps
        if self.seen.database_bytes is not None:
            yield DATABASE_BYTES, (), self.seen.database_bytes


def attach(app: faust.App, last: LastProbe, look: Callable[[], Awaitable[DatabaseProbe]]) -> None:
    """Attach the timer, and a first look at the start."""

    async def have_a_look() -> None:
        try:
            last.seen = await look()
        except Exception as error:  # noqa: BLE001 - whatever it is, counting goes on without it
            last.failure = repr(error)
        else:
            last.failure = ""

    app.task(have_a_look)
    app.timer(_EVERY_SECONDS, name="database-probe")(have_a_look)
