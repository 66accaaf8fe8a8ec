"""The live view of windows as a Faust table, and the way to find who holds an entry.

Nothing exact rests on it: it is written after the commit, its changelog may lag or lose, and a
worker that takes a partition over fills its entries again from the database.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import unquote

import faust
from faust.app.router import Router
from faust.transport.drivers.aiokafka import Producer
from faust.types import AppT, K
from yarl import URL

from models.windows import Window

_MINUTE = "%Y-%m-%dT%H:%MZ"
_SECOND = "%Y-%m-%dT%H:%M:%SZ"
_ENTRY = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z\.p\d+")


def entry_key(window_start: int, partition: int) -> str:
    """Name an entry so that it can be typed into an address: `2026-11-22T10:05Z.p0`.

    `window_start` is in microseconds since 1970. Windows that begin within a minute show seconds.
    """
    start = datetime.fromtimestamp(window_start // 1_000_000, tz=UTC)
    return f"{start.strftime(_SECOND if start.second else _MINUTE)}.p{partition}"


def entry_start(key: str) -> datetime:
    """Read the window's start out of an entry's key."""
    return datetime.fromisoformat(key.rpartition(".p")[0])


def is_entry_key(key: str) -> bool:
    """Tell an entry's key from a window's key, or any other string."""
    return _ENTRY.fullmatch(key) is not None


def entry_partition(key: str) -> int:
    """Read the partition out of an entry's key. Raises ValueError for any other string."""
    start, _, partition = key.rpartition(".p")
    if not start:
        raise ValueError(f"{key!r} is no entry: expected a key like 2026-11-22T10:05Z.p0")
    return int(partition)


def key_label(key: Iterable[Any]) -> str:
    """Name a window's key within an entry: its parts joined by `|`, as in `Akamai|3320`.

    A `|` or `%` inside a part is percent-encoded, so that no two keys have the same name.
    """
    return "|".join(str(part).replace("%", "%25").replace("|", "%7C") for part in key)


def key_parts(label: str) -> tuple[str, ...]:
    """Give back the parts that `key_label` has joined, as strings."""
    return tuple(unquote(part) for part in label.split("|"))


class WindowTable(faust.Table[str, dict[str, Any]]):
    """Entries live in the changelog partition of the records that they were folded from."""

    of_window: Window
    """What its entries hold; set by whoever makes the table."""

    def partition_for_key(self, key: Any) -> int | None:
        return entry_partition(key)

    def takes(self, key: str) -> bool:
        """Say whether the producer knows the changelog's partition; a new one takes a while."""
        started = _producer(self.app)._producer  # noqa: SLF001 - Faust shows no metadata
        if started is None:
            return False
        known = started.client.cluster.partitions_for_topic(self.changelog_topic_name)
        return known is None or entry_partition(key) in known

    def drop_partitions(self, partitions: Iterable[int]) -> None:
        """Forget entries of partitions that left; whoever has them now owns their changelog."""
        gone = set(partitions)
        for key in [key for key in self.data if entry_partition(key) in gone]:
            self.data.pop(key)


def changelogs_are_written(app: AppT) -> bool:
    """Say whether nothing waits to be sent: while the broker is away more would pile up."""
    return not _producer(app).buffer.size


def _producer(app: AppT) -> Producer:
    return cast("Producer", app.producer)


class PartitionRouter(Router):
    """Finds the worker of an entry by the partition in its key; Faust would hash the key."""

    def key_store(self, table_name: str, key: K) -> URL:
        """Return the worker's address; KeyError where nobody has the partition (yet)."""
        topic = self._get_table(table_name).changelog_topic.get_topic_name()
        partition = entry_partition(str(key))
        for address, topics in self.table_metadata(table_name).items():
            if partition in topics.get(topic, ()):
                return URL(address)
        raise KeyError(key)
