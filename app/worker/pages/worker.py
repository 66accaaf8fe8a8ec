"""What this worker knows for the pages; `/pages/worker/` tells the others."""

from collections.abc import Sequence

import msgspec

from agents.newest_letters import NewestLetters
from app.worker.pages.facts import Letter, TableFacts, WorkerFacts
from app.worker.pages.history import History
from app.worker.pages.readable import readable
from app.worker.pages.windows import LiveWindow
from app.worker.status import StatusOf
from models.dead_letters import DeadLetter
from telemetry.worker_status import WorkerStatus

OVERVIEW_KEYS = 6
_SPARE = 10
"""Of each worker so many times more: a key may be large only once its partitions are added up."""
TABLE_KEYS = 200


class ThisWorker:
    """Facts of one process; asking for them changes nothing."""

    def __init__(
        self,
        status: StatusOf,
        history: History,
        windows: Sequence[LiveWindow],
        letters: Sequence[NewestLetters],
    ) -> None:
        self._status = status
        self._history = history
        self._windows = {one.window.name: one for one in windows}
        self._letters = letters

    def facts(self) -> WorkerFacts:
        return WorkerFacts(
            status=msgspec.convert(self._status.now(), WorkerStatus),
            samples=dict(self._history.samples()),
            windows={
                name: live.newest(OVERVIEW_KEYS * _SPARE) for name, live in self._windows.items()
            },
            letters=[_letter(*kept) for newest in self._letters for kept in newest.newest_first()],
        )

    def table(self, name: str, start: str, key: str) -> TableFacts:
        """Give a live table. Raises KeyError where there is none of that name."""
        return self._windows[name].facts(start, key, TABLE_KEYS)


def _letter(letter: DeadLetter, size_bytes: int) -> Letter:
    payload = letter.payload
    return Letter(
        topic=letter.topic,
        partition=letter.partition,
        offset=letter.offset,
        timestamp=letter.timestamp,
        reason=letter.reason,
        detail=readable(letter.detail),
        payload=None if payload is None else readable(payload),
        size_bytes=size_bytes,
        context=readable(letter.context),
    )
