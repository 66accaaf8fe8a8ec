"""What a stream's contract says of the bridge's records, each with a time of its own. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from edge.judging import Judge, Refusal
from edge.records import Record
from models.dead_letters import ORIGIN


def verdicts(records: Sequence[Record], judge: Judge) -> dict[int, Refusal]:
    """Give the refusals, by the record's place."""
    by_time: defaultdict[int, list[int]] = defaultdict(list)
    for place, record in enumerate(records):
        by_time[record.timestamp].append(place)
    refused: dict[int, Refusal] = {}
    for timestamp, places in by_time.items():
        # a record without a value is refused for that
        values = cast("list[bytes]", [records[place].value for place in places])
        for refusal in judge.judge(values, timestamp).refused:
            place = places[refusal.index]
            refused[place] = replace(refusal, index=place)
    return refused


def with_origin(record: Record, origin: str) -> Record:
    """Have a record say who sent it."""
    return record._replace(headers=[*(record.headers or []), (ORIGIN, origin.encode())])
