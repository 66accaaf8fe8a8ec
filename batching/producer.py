"""The producer of live tables' changelogs, which can be stopped while the broker is slow."""

from faust.transport.drivers.aiokafka import Producer

from batching.cancellation import stop_in_time


class ChangelogProducer(Producer):
    """Faust's producer; what waits to be sent when it is stopped is given up.

    Nothing exact rests on changelogs. Faust closes the connection under messages that still wait
    for it, and takes the error that they end with for a crash: a worker that was asked to stop
    while the broker was slow ended with 1.
    """

    async def on_stop(self) -> None:
        pending = self.buffer.pending
        while not pending.empty():
            pending.get_nowait()
        await self.buffer.stop()
        await stop_in_time(super().on_stop())
