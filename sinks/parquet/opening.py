"""From options to a sink."""

from pathlib import Path

from models.streams import Stream
from sinks.history import TimeSpan
from sinks.parquet.columns import Columns
from sinks.parquet.files import Files
from sinks.parquet.history import ParquetHistory
from sinks.parquet.local import LocalObjects
from sinks.parquet.objects import Objects
from sinks.parquet.options import FilesOptions, ParquetOptions
from sinks.parquet.sink import ParquetSink


def opened(options: ParquetOptions, stream: Stream, name: str) -> ParquetSink:
    columns = Columns(stream)
    files = Files(columns, options.compression_level, options.row_group_rows)
    return ParquetSink(objects_of(options, name), columns, files)


def history(
    options: ParquetOptions, stream: Stream, name: str, topic: str, span: TimeSpan
) -> ParquetHistory:
    """Open what stands there for reading."""
    return ParquetHistory(objects_of(options, name), stream, topic, span)


def objects_of(options: FilesOptions, name: str) -> Objects:
    """Give the place that the options name."""
    if options.is_s3:
        from sinks.parquet.s3 import S3Objects  # noqa: PLC0415 - a folder needs no obstore

        return S3Objects(options, name)
    return LocalObjects(Path(options.path), name)
