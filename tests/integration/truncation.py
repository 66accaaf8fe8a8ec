"""Kafka losing the newest records of a partition, as after a power cut or an unclean election."""

import struct
from pathlib import Path

from devstack.engines import Kafka

_HEADER = struct.Struct(">qi")  # of a record batch: base offset, bytes behind this header


def lose_records(kafka: Kafka, topic: str, first_lost: int, partition: int = 0) -> None:
    """Kill the broker and cut off its log, from the batch that begins at `first_lost` on.

    Kafka takes what is left for its log when it starts again, as it does after a power cut.
    """
    kafka.kill()
    folder = kafka.folder / "data" / f"{topic}-{partition}"
    [segment] = folder.glob("*.log")
    _cut(segment, first_lost)
    for index in [*folder.glob("*.index"), *folder.glob("*.timeindex"), *folder.glob("*.snapshot")]:
        index.unlink()  # made anew from the log


def _cut(segment: Path, first_lost: int) -> None:
    content, place = segment.read_bytes(), 0
    while place + _HEADER.size <= len(content):
        base_offset, length = _HEADER.unpack_from(content, place)
        if base_offset == first_lost:
            segment.write_bytes(content[:place])
            return
        place += _HEADER.size + length
    raise AssertionError(f"no batch begins at offset {first_lost}")
