"""Tables that are not read back from their changelogs.

Whoever takes a partition over fills its entries from the database (agents/observers.py), so what a
changelog holds is never needed; and reading an hour of large entries back took longer than all the
rest of a takeover: 15 s after a quarter of an hour with five streams, growing, instead of 8
(`python -m tests.chaos --rounds 50`).
"""

from collections import Counter

from faust.tables import TableManager
from faust.tables.recovery import Recovery
from faust.types import TP
from faust.types.transports import ConsumerT


class NoRecovery(Recovery):
    """Begins where a changelog ends."""

    async def _build_offsets(
        self, consumer: ConsumerT, tps: set[TP], destination: Counter[TP], title: str
    ) -> None:
        del consumer, title
        for tp in tps:
            destination[tp] = self.active_highwaters[tp]


class LiveTableManager(TableManager):
    """Faust's, with that recovery, and without the second that it waits for tables.

    Ours are all there before it starts (app/worker/factory.py), and nothing is read before it has.
    """

    async def on_start(self) -> None:
        await self._update_channels()
        await self.recovery.start()

    @property
    def recovery(self) -> Recovery:
        if self._recovery is None:
            self._recovery = NoRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery
