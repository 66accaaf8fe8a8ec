"""Bodies that take long to read: one after the other, and not too many."""

import asyncio
from collections.abc import Iterator

import pytest

from edge.cmcd.lines import Line, Refused
from edge.collector.slices import Slices
from edge.problems import Problem


class Body:
    """Three lines, each of which takes a slice; `read` tells in which order."""

    def __init__(self, name: str, read: list[str]) -> None:
        self._name = name
        self._read = read

    def lines(self) -> Iterator[Line]:
        for _ in range(3):
            self._read.append(self._name)
            yield Refused(b"", "malformed", self._name)


async def test_one_is_read_after_the_other() -> None:
    slices, read = Slices(seconds=0), list[str]()

    found = await asyncio.gather(*(slices.read(Body(it, read).lines(), 1) for it in "abc"))

    assert [len(lines) for lines in found] == [3, 3, 3]
    assert "".join(read) == "abc" + "aabbcc"


async def test_bodies_that_wait_are_bounded() -> None:
    slices, read = Slices(seconds=0, held=10), list[str]()
    waiting = [asyncio.create_task(slices.read(Body(it, read).lines(), 5)) for it in "ab"]
    await asyncio.sleep(0)

    with pytest.raises(Problem, match="503"):
        await slices.read(Body("c", read).lines(), 5)

    await asyncio.gather(*waiting)
    assert len(await slices.read(Body("c", read).lines(), 5)) == 3


async def test_what_is_read_at_once_waits_for_nobody() -> None:
    slices = Slices(seconds=60, held=0)

    assert len(await slices.read(Body("a", []).lines(), 5)) == 3
