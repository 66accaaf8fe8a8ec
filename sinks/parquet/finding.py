"""Finding where a partition stands, by its newest object. What is found is the truth."""

from typing import NamedTuple

from models.positions import Position, TopicPartition
from sinks.base import SinkUnavailable
from sinks.parquet.epochs import Epoch, noted_beginning
from sinks.parquet.facts import read_facts
from sinks.parquet.keys import (
    first_offsets,
    hour_in,
    object_key,
    partition_folder,
)
from sinks.parquet.objects import Objects


class Held(NamedTuple):
    """Where a partition stands: the hour and the writer of its newest object, if it has one."""

    position: Position
    hour: int | None = None
    writer: str = ""


async def find(objects: Objects, tp: TopicPartition, newest: Epoch) -> Held:
    """Find the newest object of a partition. Raises SinkUnavailable.

    Hours only go on (`pieces.cut`), so it is in the last of them: five requests, however long the
    topic is kept. Two writers never have the same name, so that the names alone are the chain.
    """
    epoch = newest.number
    folder = partition_folder(tp, epoch)
    for date in sorted(await objects.folders(folder), reverse=True):
        for name in sorted(await objects.folders(f"{folder}/{date}"), reverse=True):
            hour = hour_in(date, name)
            offsets = first_offsets(await objects.files(f"{folder}/{date}/{name}"))
            if hour is not None and offsets:  # a folder may be made, and its first object not yet
                return await _last_from(objects, tp, epoch, hour, max(offsets))
    begun = newest.beginning(tp.partition)
    noted = await noted_beginning(objects, tp, epoch) if begun.last_offset < 0 else None
    return Held(noted or begun)


async def _last_from(
    objects: Objects, tp: TopicPartition, epoch: int, hour: int, first_offset: int
) -> Held:
    """Go on along the names, as a listing may be older than what stands."""
    held = await _held(objects, tp, epoch, hour, first_offset)
    if held is None:
        raise SinkUnavailable(
            f"{object_key(tp, epoch, hour, first_offset)} is listed, but it is not there or says "
            "nothing of its position: was it deleted, or copied without its metadata?"
        )
    while True:
        following = await _held(objects, tp, epoch, hour, held.position.last_offset + 1)
        if following is None:
            return held
        held = following


async def _held(
    objects: Objects, tp: TopicPartition, epoch: int, hour: int, first_offset: int
) -> Held | None:
    metadata = await objects.look(object_key(tp, epoch, hour, first_offset))
    facts = None if metadata is None else read_facts(metadata, epoch)
    if facts is None or facts.position.last_offset < first_offset:
        return None
    return Held(facts.position, hour, facts.writer)
