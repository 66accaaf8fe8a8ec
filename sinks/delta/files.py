"""What one commit adds: a Parquet file for each day, with the rows of all partitions."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import NamedTuple

import pyarrow as pa

from models.batches import Part
from sinks.parquet.columns import Columns
from sinks.parquet.files import write_file
from sinks.parquet.keys import hour_of
from sinks.parquet.packed import Encoded

_BEGIN = date(1970, 1, 1)
_PARTITION = "kafka_partition"


class Rows(NamedTuple):
    """Rows of one partition."""

    partition: int
    encoded: Encoded


def by_day(parts: Iterable[Part]) -> Mapping[date, Sequence[Rows]]:
    """Divide rows by the days (UTC) of their records' timestamps."""
    days: dict[int, list[Rows]] = defaultdict(list)
    for part in sorted(parts, key=lambda one: one.tp):
        for day, begin, end in _runs(part.timestamps):
            days[day].append(Rows(part.tp.partition, part.rows.slice(begin, end)))
    return {_BEGIN + timedelta(days=day): rows for day, rows in sorted(days.items())}


class Files:
    """Writes files of one schema."""

    def __init__(self, columns: Columns, compression_level: int, row_group_rows: int) -> None:
        self._columns = columns
        self._level = compression_level
        self._row_group_rows = row_group_rows

    def write(self, rows: Sequence[Rows], epoch: int) -> memoryview:
        """Give the bytes of a file, rows ordered by partition and offset as they were given."""
        return write_file(self._tables(rows, epoch), self._level, {})

    def _tables(self, rows: Sequence[Rows], epoch: int) -> Iterator[pa.Table]:
        encoded = [one.encoded for one in rows]
        numbers = pa.chunked_array(
            [
                pa.repeat(pa.scalar(one.partition, pa.int32()), len(one.encoded.offsets))
                for one in rows
            ]
        )
        place = self._columns.schema.get_field_index(_PARTITION)
        done = 0
        for table in self._columns.tables(encoded, 0, epoch, self._row_group_rows):
            mine = numbers.slice(done, len(table))
            done += len(table)
            yield table.set_column(place, _PARTITION, mine)


def _runs(timestamps: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Give the day, the first row and the one behind the last, of rows that follow each other."""
    if timestamps and _day(min(timestamps)) == _day(max(timestamps)):
        yield _day(timestamps[0]), 0, len(timestamps)
        return
    begin = 0
    for day, run in groupby(map(_day, timestamps)):
        end = begin + sum(1 for _ in run)
        yield day, begin, end
        begin = end


def _day(timestamp: int) -> int:
    return hour_of(timestamp) // 24
