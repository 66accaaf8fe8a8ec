"""Names of objects: `TOPIC/epoch=E/kafka_partition=P/date=D/hour=H/OFFSET.parquet`.

OFFSET is the position that the writer started from, plus one. So two writers that start from the
same position want the same name, and only one of them can have it.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from models.positions import TopicPartition
from models.validation import FIRST_KEPT, LAST_KEPT

SUFFIX = ".parquet"
EPOCH = "epoch="
WAITING = "_compacting"
"""The folder of a topic where compaction keeps what does not stand in its place yet."""

_DIGITS = 20
_HOUR_US = 3_600_000_000
_HOUR_MS = 3_600_000
_OBJECT = re.compile(
    r"epoch=\d+/kafka_partition=\d+/date=[\d-]+/hour=\d+/\d{20}(-\d{20})?\.parquet$"
)
_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)


def hour_of(timestamp: int) -> int:
    """Give the hour, counted from 1970, of a record's timestamp in milliseconds.

    A timestamp may be anything; its hour is one that has a date of four digits.
    """
    return min(max(timestamp // _HOUR_MS, FIRST_KEPT // _HOUR_US), LAST_KEPT // _HOUR_US)


def epoch_folder(topic: str, epoch: int) -> str:
    return f"{topic}/{EPOCH}{epoch}"


def partition_folder(tp: TopicPartition, epoch: int) -> str:
    return f"{epoch_folder(tp.topic, epoch)}/kafka_partition={tp.partition}"


def hour_folder(hour: int) -> str:
    """Write an hour as the two folders of it, as Hive does."""
    return f"{_BEGIN + timedelta(hours=hour):date=%Y-%m-%d/hour=%H}"


def hour_in(date: str, hour: str) -> int | None:
    """Read the names of two folders; None where they are no hour."""
    try:
        at = datetime.strptime(f"{date}/{hour}+0000", "date=%Y-%m-%d/hour=%H%z")
    except ValueError:
        return None
    return (at - _BEGIN) // timedelta(hours=1)


def object_key(tp: TopicPartition, epoch: int, hour: int, first_offset: int) -> str:
    name = f"{first_offset:0{_DIGITS}d}{SUFFIX}"
    return f"{partition_folder(tp, epoch)}/{hour_folder(hour)}/{name}"


def first_offsets(names: Iterable[str]) -> list[int]:
    """Read the offsets of those names that are an object's."""
    stems = (name.removesuffix(SUFFIX) for name in names if name.endswith(SUFFIX))
    return [int(stem) for stem in stems if len(stem) == _DIGITS and stem.isdecimal()]


def first_offsets_in(key: str) -> tuple[int, int]:
    """Read from the name where an object begins, and the last that was put into it.

    Both are the same where it is as the sink has written it.
    """
    stem = key.rpartition("/")[2].removesuffix(SUFFIX)
    return int(stem[:_DIGITS]), int(stem[-_DIGITS:])


def is_object(key: str) -> bool:
    """Say whether it is one of ours that holds rows: written, or made by compaction."""
    return _OBJECT.search(key) is not None


def compacted_key(keys: Sequence[str]) -> str:
    """Name what takes the place of these objects: a name that nobody has listed yet.

    No writer wants it, and it is not taken for a position.
    """
    folder = keys[0].rpartition("/")[0]
    first, last = (key.rpartition("/")[2].removesuffix(SUFFIX) for key in (keys[0], keys[-1]))
    return f"{folder}/{first[:_DIGITS]}-{last[-_DIGITS:]}{SUFFIX}"
