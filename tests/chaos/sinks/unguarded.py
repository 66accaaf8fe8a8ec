"""`python -m tests.chaos.sinks.unguarded -A app worker`: a worker whose sinks guard nothing.

The control: what tells exact sinks from careless ones has to see what these do.
"""

import random
import sys
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import faust.cli.faust

from models.positions import Position
from sinks.clickhouse import sink as clickhouse
from sinks.clickhouse.insert import insert_sql
from sinks.delta.sink import DeltaSink
from sinks.file import sink as file
from sinks.file.sink import FileSink
from sinks.parquet import opening


class _Overwriting:
    """Objects that are stored under another name where one stands."""

    def __init__(self, objects: Any) -> None:
        self._objects = objects

    def __getattr__(self, name: str) -> Any:
        return getattr(self._objects, name)

    async def create(self, key: str, body: memoryview, metadata: Mapping[str, str]) -> bool:
        if await self._objects.create(key, body, metadata):
            return True
        again = key.replace(".parquet", f"-{random.randrange(10**9)}.parquet")
        created: bool = await self._objects.create(again, body, metadata)
        return created


def take_the_guards_away() -> None:
    guarded, append = opening.objects_of, FileSink._append  # noqa: SLF001 - the control

    def careless(sink: Any, tp: Any, parts: Any, expected: Position, reached: Position) -> None:
        del expected  # it goes on where it stands, wherever that is
        stands = sink._position(tp)  # noqa: SLF001
        if stands.place != reached.place:
            append(sink, tp, parts, stands, reached)

    async def never(*_: Any) -> bool:  # a commit goes on top of whatever is there
        return False

    for module, name, without in (
        (DeltaSink, "_is_stored", never),
        (opening, "objects_of", lambda *given: _Overwriting(guarded(*given))),
        (clickhouse, "insert_sql", _insert_sql),
        (clickhouse, "token", lambda *_: uuid4().hex),
        (file, "_take", lambda _: None),
        (FileSink, "_append", careless),
    ):
        setattr(module, name, without)


def _insert_sql(*given: Any) -> str:
    lines = insert_sql(*given).split("\n")
    return "\n".join("WHERE 1" if line.startswith("WHERE") else line for line in lines)


if __name__ == "__main__":
    take_the_guards_away()
    sys.argv[0] = "faust"
    faust.cli.faust.cli()
