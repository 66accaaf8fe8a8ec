"""What many look at is made once."""

import asyncio

import pytest

from app.worker.pages.fresh import Fresh


class Maker:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.made = 0
        self.gate = asyncio.Event()

    async def __call__(self) -> int:
        self.made += 1
        await self.gate.wait()
        return self.made


async def test_all_who_ask_meanwhile_get_the_same_one() -> None:
    maker, fresh = Maker(), Fresh[int]()
    asked = [asyncio.ensure_future(fresh.get("x", maker)) for _ in range(5)]
    await asyncio.sleep(0)

    asked[0].cancel()  # one leaves
    maker.gate.set()

    assert await asyncio.gather(*asked[1:]) == [1, 1, 1, 1]


async def test_it_is_made_again_once_it_is_old() -> None:
    now = 100.0
    maker, fresh = Maker(), Fresh[int](clock=lambda: now)
    maker.gate.set()

    first, again = await fresh.get("x", maker), await fresh.get("x", maker)
    now += 1.0
    later = await fresh.get("x", maker)

    assert (first, again, later) == (1, 1, 2)


async def test_an_error_reaches_who_asks_and_is_not_kept() -> None:
    now = 100.0
    fresh = Fresh[int](clock=lambda: now)

    async def broken() -> int:
        raise LookupError("gone")

    async def whole() -> int:
        return 7

    with pytest.raises(LookupError):
        await fresh.get("x", broken)
    assert await fresh.get("x", whole) == 7
