"""A look at the database once a minute, for metrics and alerts."""

from collections.abc import Awaitable, Callable, Iterator

import faust

from db.survey import Survey
from telemetry.exposition import Reading
from telemetry.metrics import CDN_CAPACITY, DATABASE_BYTES

_EVERY_SECONDS = 60.0


class LastSurvey:
    """What the last look saw."""

    def __init__(self) -> None:
        self.seen = Survey()

    def readings(self) -> Iterator[Reading]:
        for cdn, mbps in self.seen.cdn_capacity_mbps.items():
            yield CDN_CAPACITY, (cdn,), mbps
        if self.seen.database_bytes is not None:
            yield DATABASE_BYTES, (), self.seen.database_bytes


def attach(app: faust.App, last: LastSurvey, look: Callable[[], Awaitable[Survey]]) -> None:
    """Attach the timer, and a first look at the start."""

    async def have_a_look() -> None:
        try:
            last.seen = await look()
        except Exception as error:  # noqa: BLE001 - whatever it is, counting goes on without it
            app.log.info("survey: next try in %.0f s: %r", _EVERY_SECONDS, error)

    app.task(have_a_look)
    app.timer(_EVERY_SECONDS, name="survey")(have_a_look)
