"""Finding the records that a sink will never take, so that it takes all others, in their order."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from models.records import RecordBatch
from sinks.base import Rejected


async def write_by_halves(
    batch: RecordBatch,
    write: Callable[[RecordBatch], Awaitable[None]],
    refuse: Callable[[RecordBatch, str], Awaitable[None]],
) -> None:
    """Write a batch; what raises Rejected is halved until it is one record, which is refused.

    Among thousands of records one costs about two writes for each time that they can be halved.
    """
    left = [batch]
    while left:
        some = left.pop()
        try:
            await write(some)
        except Rejected as reason:
            if len(some.records) == 1:
                await refuse(some, str(reason))
            else:
                first, second = _halves(some)
                left += [second, first]


def _halves(batch: RecordBatch) -> tuple[RecordBatch, RecordBatch]:
    middle = len(batch.records) // 2
    first, second = batch.records[:middle], batch.records[middle:]
    border = second[0].offset
    return replace(batch, end=border, records=first), replace(batch, start=border, records=second)
