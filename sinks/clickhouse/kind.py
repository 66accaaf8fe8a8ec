"""The kind `clickhouse`, for headrace.yaml."""

from models.streams import Stream
from sinks.base import Sink
from sinks.clickhouse.counting import count
from sinks.clickhouse.epochs import begin_epoch
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.options import ClickhouseOptions
from sinks.clickhouse.sink import ClickhouseSink
from sinks.clickhouse.sorting import wrong_sorting_keys
from sinks.kinds import Flush, SinkKind


def open_clickhouse(options: ClickhouseOptions, stream: Stream, name: str) -> Sink:
    """Build the sink of a stream; tables are made, and the server is tested, at its first use.

    `stream` is the whole declaration: its windows become projections and views.
    """
    del name  # its tables are named by table_prefix
    return ClickhouseSink(options, stream)


KIND = SinkKind(
    name="clickhouse",
    options=ClickhouseOptions,
    open=open_clickhouse,
    packages=("pyarrow", "aiohttp"),
    extra="clickhouse",
    flush=Flush(records=200_000, size_bytes=64 * 1024 * 1024, seconds=1.0),
    migrate=migrate,
    begin_epoch=begin_epoch,
    count=count,
    place=lambda options: f"{options.url}, {options.database}.{options.table_prefix}*",
    check=wrong_sorting_keys,
)
