"""From options to a sink."""

from pathlib import Path

from models.streams import Stream
from sinks.delta.disk import Disk
from sinks.delta.errors import explain
from sinks.delta.files import Files
from sinks.delta.options import DeltaOptions
from sinks.delta.putting import Putting
from sinks.delta.schema import schema_of
from sinks.delta.sink import DeltaSink
from sinks.delta.table import Table
from sinks.parquet.columns import Columns
from sinks.parquet.opening import objects_of


def opened(options: DeltaOptions, stream: Stream, name: str) -> DeltaSink:
    """Open a sink of one stream; nothing is asked or made yet."""
    columns = Columns(stream)
    files = Files(columns, options.compression_level, options.row_group_rows)

    def table(topic: str) -> Table:
        folder = None if options.is_s3 else Path(options.path) / topic
        uri = f"{options.path.rstrip('/')}/{topic}" if folder is None else str(folder.resolve())
        return Table(
            uri,
            options.storage(),
            schema_of(columns),
            Disk(folder),
            lambda error: explain(error, options, topic, name),
        )

    return DeltaSink(columns, Putting(objects_of(options, name), files, options.path), table)
