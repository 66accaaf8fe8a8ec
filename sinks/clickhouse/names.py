"""What the tables and views of a sink are called, and what every row has beside its event."""

from dataclasses import dataclass

from models.streams import Stream
from sinks.clickhouse.options import ClickhouseOptions

TOPIC = "kafka_topic"
PARTITION = "kafka_partition"
OFFSET = "kafka_offset"
EPOCH = "epoch"
TIMESTAMP = "kafka_timestamp"
STORED_AT = "stored_at"
REFUSED = "refused"
DETAIL = "refused_detail"
PAYLOAD = "refused_payload"

REFUSAL = (REFUSED, DETAIL, PAYLOAD)
"""Columns of dead letters; the first is empty in a good row."""


@dataclass(frozen=True, slots=True)
class Names:
    """Full names, quoted. `records` holds all records, `positions` what is kept beside them."""

    database: str
    records_table: str
    records: str
    positions_table: str
    positions: str
    prefix: str

    @classmethod
    def of(cls, options: ClickhouseOptions, stream: Stream) -> "Names":
        records = f"{options.table_prefix}{stream.topic}_records"
        positions = f"{options.table_prefix}headrace_positions"
        return cls(
            options.database,
            records,
            full(options.database, records),
            positions,
            full(options.database, positions),
            options.table_prefix,
        )

    def view(self, name: str) -> str:
        return full(self.database, f"{self.prefix}{name}")


def full(database: str, name: str) -> str:
    return f"{quoted(database)}.{quoted(name)}"


def quoted(name: str) -> str:
    return f"`{name}`"


def text(value: str) -> str:
    """Write a string literal."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
