"""One topic's table: opened or made, read at its newest version, and committed to on top of that.

A commit is stored as the version after the one that was read, or not at all: deltalake is told not
to try again by itself, as what it would repeat was found in an older version. So what is read of a
table and what is stored because of that are one step.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import Lock

from deltalake import CommitProperties, DeltaTable, Schema, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction
from msgspec import MsgspecError

from sinks.base import SinkUnavailable
from sinks.delta.disk import Disk
from sinks.delta.log import facts_in
from sinks.delta.options import PARTITION
from sinks.delta.schema import lacking, problem

_ANOTHER = "another table stands there now: bring the old one back, or start the worker again"

_OVERTAKEN = "Failed to commit transaction: 0"
"""deltalake's words for: behind the version read there is another one, and I do not try again."""

Explain = Callable[[Exception], SinkUnavailable]


class Table:
    """Methods block, and are used by one thread at a time. All raise SinkUnavailable."""

    def __init__(
        self, uri: str, storage: Mapping[str, str], schema: Schema, disk: Disk, explain: Explain
    ) -> None:
        self._uri = uri
        self._storage = dict(storage)
        self._schema = schema
        self._disk = disk
        self._explain = explain
        self._lock = Lock()
        self._table: DeltaTable | None = None
        self.entry: bytes | None = None
        """What the log has said of the newest version that was read, when it was."""
        self.known_version = -1
        """The version that the facts known hold of: one that `learn` was told, or our own."""
        self._known: dict[str, int | None] = {}
        self._is_whole = False
        """Whether there are no other facts than those known."""
        self._judged = -1

    @property
    def version(self) -> int:
        """The newest version that was read; -1 before the first."""
        return -1 if self._table is None else self._table.version()

    def update(self, entry: bytes | None) -> int:
        """Read the newest version; make the table where there is none, and what it lacks.

        Returns the version, on top of which `commit` is to go.
        `entry` is what the log says now of the version that was read last. deltalake reads on
        behind that, whatever table stands there now: where `entry` is another one, it is looked at.
        """
        with self._told():
            if self._table is None:
                self._table = self._opened()
            elif entry is not None and entry == self.entry:
                self._table.update_incremental()
            else:
                self._table = self._same(self._table)
            if self._table.version() not in {self._judged, self.known_version}:
                self._judge(self._table)
            self._judged = self._table.version()
            self._disk.flush_log(self._judged)
            return self._judged

    def learn(self, version: int, entries: Sequence[bytes]) -> None:
        """Take in the facts of the log's newest entries, which end with `version`."""
        with self._told():
            if version < self.known_version:
                return  # a call that was cut off has read on meanwhile
            first = version - len(entries) + 1
            if not 0 < first <= self.known_version + 1:  # some between are not told
                self._known.clear()
                self._is_whole = first == 0
            self._known.update(facts_in(entries))
            self.known_version = version

    def fact(self, name: str) -> int | None:
        """Give the number that a transaction identifier stands at, in the version read."""
        with self._told():
            return self._fact(name)

    def commit(self, on: int, files: Sequence[AddAction], facts: Mapping[str, int]) -> bool:
        """Store files and facts as the version behind `on`; False where another one was first.

        That may have been this one, whose answer was lost: `update` tells.
        """
        with self._told():
            table = self._read()
            if not table.version() == self.known_version == on:
                return False  # a call that was cut off has read on meanwhile
            try:
                table.create_write_transaction(
                    list(files),
                    mode="append",
                    schema=table.schema(),
                    partition_by=[PARTITION],
                    commit_properties=_properties(facts),
                )
            except CommitFailedError as error:
                if str(error) != _OVERTAKEN:
                    raise
                return False
            self.known_version = on + 1
            self._known.update(facts)
            self._disk.flush_log(self.known_version)
            return True

    def count(self) -> int:
        """Count the rows of the newest version, by what the log says of its files; 0 without it."""
        with self._told(), suppress(TableNotFoundError):
            return int(DeltaTable(self._uri, storage_options=self._storage).count())
        return 0

    @contextmanager
    def _told(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except (DeltaError, OSError, ValueError, MsgspecError) as error:
                raise self._explain(error) from None

    def _read(self) -> DeltaTable:
        assert self._table is not None, "update comes first"  # noqa: S101 - for the type
        return self._table

    def _fact(self, name: str) -> int | None:
        if name not in self._known:
            asked = None if self._is_whole else self._read().transaction_version(name)
            self._known[name] = asked
        return self._known[name]

    def _opened(self) -> DeltaTable:
        with suppress(TableNotFoundError):
            return DeltaTable(self._uri, storage_options=self._storage)
        with suppress(DeltaError):  # made by somebody else, just now
            DeltaTable.create(
                self._uri, self._schema, partition_by=[PARTITION], storage_options=self._storage
            )
        return DeltaTable(self._uri, storage_options=self._storage)

    def _same(self, table: DeltaTable) -> DeltaTable:
        """Open the table again. Raises ValueError where it is another one."""
        opened = DeltaTable(self._uri, storage_options=self._storage)
        if opened.metadata().id != table.metadata().id:
            raise ValueError(_ANOTHER)
        return opened

    def _judge(self, table: DeltaTable) -> None:
        """Add the columns that the stream has got since. Raises ValueError of anything else."""
        if words := problem(table, self._schema):
            raise ValueError(words)
        if fields := lacking(table, self._schema):
            table.alter.add_columns(fields, commit_properties=_properties({}))
            table.update_incremental()


def _properties(facts: Mapping[str, int]) -> CommitProperties:
    said = [Transaction(name, number) for name, number in facts.items()]
    return CommitProperties(app_transactions=said, max_commit_retries=0)
