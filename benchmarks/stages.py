"""Which stage a sampled stack belongs to. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

STAGES = ("fetch", "decode", "fold", "encode", "write", "other")

# The innermost frame that says anything decides, so asyncio's own work counts for its caller
_BY_PLACE = (
    ("models/fold.py", "fold"),
    ("sinks/postgres/copy.py", "encode"),
    ("sinks/postgres/", "write"),
    ("asyncpg/", "write"),
    ("models/decode.py", "decode"),
    ("models/contract.py", "decode"),
    ("models/batches.py", "fold"),
    ("aiokafka/", "fetch"),
    ("batching/", "fetch"),
    ("kafka/", "fetch"),
)
_FETCHING_THREAD = "Consumer"


def split(folded: Iterable[str]) -> Counter[str]:
    """Count samples by stage. A line is `thread;outer (file:line);...;inner (file:line) count`."""
    samples: Counter[str] = Counter()
    for line in folded:
        stack, _, count = line.rpartition(" ")
        samples[_stage(stack.split(";"))] += int(count)
    return samples


def _stage(frames: list[str]) -> str:
    for frame in reversed(frames):
        for place, stage in _BY_PLACE:
            if place in frame:
                return stage
    # asyncio below no code of ours: a socket with an answer. Faust's thread has only Kafka's.
    if _FETCHING_THREAD in frames[0]:
        return "fetch"
    return "write" if "selector_events.py" in frames[-1] else "other"
