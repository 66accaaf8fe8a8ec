"""By what a stream's rows are sorted, and so what is found quickly."""

from collections.abc import Sequence
from difflib import get_close_matches

from config.environment import PlainError
from models.streams import Stream
from sinks.clickhouse.column_types import column_types
from sinks.clickhouse.options import ClickhouseOptions


def sorting_key(options: ClickhouseOptions, stream: Stream) -> list[str]:
    """Say by what rows are sorted, up to the event time. Raises PlainError.

    First what has few values and is asked for (the windows' keys), then the time: a query for one
    product reads one run of granules, and one for a span of time skips through each of few runs.
    """
    if stream.topic in options.order_by:
        if wrong := _wrong(options, stream):
            raise PlainError(wrong[0])
        return list(options.order_by[stream.topic])
    types = column_types(stream)
    keys = dict.fromkeys(key for window in stream.windows for key in window.keys)
    return [*(key for key in keys if types[key].is_one_of_few), stream.event_time]


def wrong_sorting_keys(options: ClickhouseOptions, streams: Sequence[Stream]) -> list[str]:
    """Say which streams and columns `order_by` names that are none of this sink's."""
    topics = [stream.topic for stream in streams]
    unknown = [
        f"order_by.{topic}: no such stream goes there; {_nearest(topic, topics)}"
        for topic in options.order_by
        if topic not in topics
    ]
    return unknown + [wrong for stream in streams for wrong in _wrong(options, stream)]


def _wrong(options: ClickhouseOptions, stream: Stream) -> list[str]:
    there = [column.name for column in stream.columns if not column.nullable]
    return [
        f"order_by.{stream.topic}: {name} is no column that always has a value; "
        f"{_nearest(name, there)}"
        for name in options.order_by.get(stream.topic, ())
        if name not in there
    ]


def _nearest(name: str, names: Sequence[str]) -> str:
    near = get_close_matches(name, names, n=1)
    return f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names)}"
