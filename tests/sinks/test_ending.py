"""Work on its way to a sink ends, however often who waits for it is cancelled."""

import asyncio

import pytest

from sinks.ending import to_the_end


async def test_who_is_cancelled_twice_waits_for_the_end_all_the_same() -> None:
    may_end, ended = asyncio.Event(), False

    async def work() -> None:
        nonlocal ended
        await may_end.wait()
        ended = True

    waiting = asyncio.create_task(to_the_end(work()))
    for _ in range(3):
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.sleep(0)
    assert not waiting.done()
    may_end.set()

    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert ended
