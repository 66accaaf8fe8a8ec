"""Few objects of many, in hours that no writer writes to any more.

Names of objects are positions: one that is deleted is free for a writer that was frozen when it
still stood there. So an hour is left alone until what follows it is older than any writer can be,
and the newest hour of a partition, where its position is, for ever.

No plain folder of files can be changed from many to one in one step. Of the orders there are this
is the one that shows no row twice: what is new stands first where no reader looks (`_compacting`),
then the old ones go, then the new one comes, under a name that nobody has listed before. Whoever
lists in between finds rows missing for that moment; who has listed before finds objects gone, and
has to list again. What a crash leaves is in `_compacting`, and is finished by the next run.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from sinks.base import SinkUnavailable
from sinks.parquet.keys import WAITING, compacted_key, first_offsets_in, is_object
from sinks.parquet.merging import merge, not_ours, read_metadata
from sinks.parquet.objects import Listed, Objects

_REPLACES = "replaces"
_ANOTHER = "does another run compact it? Let that end, then run it once more"


@dataclass(frozen=True, slots=True)
class Group:
    """Objects of one hour, in order, that become one."""

    keys: Sequence[str]
    size_bytes: int

    @property
    def key(self) -> str:
        """The name of what takes their place."""
        return compacted_key(self.keys)

    @property
    def folder(self) -> str:
        return self.keys[0].rpartition("/")[0]


async def plan(objects: Objects, topic: str, *, before: datetime, target_bytes: int) -> list[Group]:
    """Say what becomes one, where all of an hour and what follows it were stored before then."""
    await objects.prepare()
    listed = {key: one for key, one in (await objects.listed(topic)).items() if is_object(key)}
    return [
        group
        for hours in _by_partition(listed).values()
        for hour, following in pairwise(hours)  # never the newest
        if all(listed[key].modified < before for key in (*hour, following[0]))
        for group in _groups(hour, listed, target_bytes)
    ]


async def compact(
    objects: Objects, topic: str, group: Group, *, compression_level: int, row_group_rows: int
) -> None:
    """Put one object in the place of a group. Raises SinkUnavailable and MergeError."""
    bodies = [await _body(objects, key) for key in group.keys]
    told = {_REPLACES: json.dumps([group.key, *group.keys])}
    merged = await asyncio.to_thread(merge, bodies, compression_level, row_group_rows, told)
    # One name for an hour: while a run exchanges some of its objects, no other does. Not by the
    # suffix of what readers look for: DuckDB's ** goes into any folder
    waiting = f"{topic}/{WAITING}/{group.folder.replace('/', '|')}.new"
    if not await objects.create(waiting, merged, {}):
        raise SinkUnavailable(f"{group.folder}: {_ANOTHER}")
    if await _finish(objects, waiting) is None:
        raise SinkUnavailable(f"{group.folder}: {_ANOTHER}")


async def finish_all(objects: Objects, topic: str) -> list[str]:
    """Finish what a run before has begun; return the names of what it made."""
    await objects.prepare()
    begun = sorted(await objects.files(f"{topic}/{WAITING}"))
    finished = [await _finish(objects, f"{topic}/{WAITING}/{name}") for name in begun]
    return [key for key in finished if key is not None]


async def _finish(objects: Objects, waiting: str) -> str | None:
    """Exchange objects; None, and nothing done, where another run has already."""
    body = await _body(objects, waiting)
    key, *replaced = _replaces(body, waiting)
    if any(_overlap(one, key) for one in await _others(objects, key) - {*replaced}):
        await objects.delete([waiting])
        return None
    await objects.delete(replaced)
    await objects.create(key, memoryview(body), {})
    # who was frozen up to here may come after one that has put it into a larger one
    if any(_holds(one, key) for one in await _others(objects, key)):
        await objects.delete([key])
    await objects.delete([waiting])
    return key


def _replaces(body: bytes, waiting: str) -> list[str]:
    told = read_metadata(body, waiting)
    if _REPLACES not in told:
        raise not_ours(waiting)
    return [str(key) for key in json.loads(told[_REPLACES])]


async def _others(objects: Objects, key: str) -> set[str]:
    listed = await objects.listed(key.rpartition("/")[0])
    return {one for one in listed if is_object(one) and one != key}


def _overlap(one: str, other: str) -> bool:
    (first, last), (others_first, others_last) = first_offsets_in(one), first_offsets_in(other)
    return first <= others_last and others_first <= last


def _holds(one: str, other: str) -> bool:
    (first, last), (others_first, others_last) = first_offsets_in(one), first_offsets_in(other)
    return first <= others_first and others_last <= last


async def _body(objects: Objects, key: str) -> bytes:
    body = await objects.read(key)
    if body is None:
        raise SinkUnavailable(f"{key} is gone: {_ANOTHER}")
    return body


def _by_partition(listed: Mapping[str, Listed]) -> Mapping[str, list[list[str]]]:
    """Give the keys of each partition by hour, all in order."""
    hours: defaultdict[str, list[str]] = defaultdict(list)
    for key in sorted(listed):
        hours[key.rpartition("/")[0]].append(key)
    found: defaultdict[str, list[list[str]]] = defaultdict(list)
    for folder in sorted(hours):
        found[folder.rsplit("/", 2)[0]].append(hours[folder])
    return found


def _groups(keys: Sequence[str], listed: Mapping[str, Listed], target: int) -> Iterator[Group]:
    group: list[str] = []
    size = 0
    for key in keys:
        if size + listed[key].size_bytes > target:
            if len(group) > 1:
                yield Group(group, size)
            group, size = [], 0
        group.append(key)
        size += listed[key].size_bytes
    if len(group) > 1:
        yield Group(group, size)
