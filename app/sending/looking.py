"""The query that shows what became of events that were sent. Pure, for a person to run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from batching.sending import Sent
from models.streams import Stream

_SHOWN = 10


def rows(stream: Stream, sent: Sequence[Sent]) -> str:
    """Select the raw rows of records; where those are not kept, the newest windows."""
    if not stream.keeps_rows:
        window = stream.windows[0].name
        return f"SELECT * FROM {window} ORDER BY window_start DESC LIMIT {_SHOWN}"  # noqa: S608
    places = " OR ".join(
        f"kafka_partition = {partition} AND kafka_offset {_among(offsets)}"
        for partition, offsets in by_partition(sent).items()
    )
    # of a topic that was made anew the same offsets were stored before, in an older epoch
    newest = f"ORDER BY epoch DESC LIMIT {_SHOWN}"
    return f"SELECT * FROM {stream.topic} WHERE {places} {newest}"  # noqa: S608


def dead_letters(topic: str, sent: Sequence[Sent]) -> str:
    """Select what of the records became dead letters, at most ten."""
    places = " OR ".join(
        # with a table's name before it `offset` needs no quotes, which a shell would take away
        f"letter.partition = {partition} AND letter.offset {_among(offsets)}"
        for partition, offsets in by_partition(sent).items()
    )
    return (
        "SELECT reason, detail, context FROM event_dead_letters AS letter "  # noqa: S608
        f"WHERE topic = '{topic}' AND ({places}) ORDER BY epoch DESC LIMIT {_SHOWN}"
    )


def by_partition(sent: Sequence[Sent]) -> dict[int, list[int]]:
    """Give the offsets of each partition, in order."""
    offsets: dict[int, list[int]] = defaultdict(list)
    for tp, offset in sent:
        offsets[tp.partition].append(offset)
    return {partition: sorted(found) for partition, found in sorted(offsets.items())}


def _among(offsets: Sequence[int]) -> str:
    first, last = offsets[0], offsets[-1]
    return f"= {first}" if first == last else f"BETWEEN {first} AND {last}"
