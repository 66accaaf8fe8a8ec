"""CPU time split into stages, by sampled stacks. Pure."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

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
_THREAD = re.compile(r"thread \((\d+)\)")
_WAITING = "selectors.py"


def split(folded: Iterable[str], seconds: Mapping[int, float]) -> dict[str, float]:
    """Split the CPU time of each thread (by the kernel's number) by its samples.

    A line is `thread (number): name;outer (file:line);...;inner (file:line) samples`. Samples alone
    would not do: a thread that waits for the interpreter's lock is sampled as if it worked.
    """
    samples: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for line in folded:
        stack, _, count = line.rpartition(" ")
        frames = stack.split(";")
        named = _THREAD.match(frames[0])
        if named and _WAITING not in frames[-1]:
            samples[int(named[1])][_stage(frames)] += int(count)
    main = min(samples, default=0)
    spent = dict.fromkeys(STAGES, 0.0)
    for thread, taken in seconds.items():
        if thread == main:
            total = samples[thread].total()
            for stage, sampled in samples[thread].items():
                spent[stage] += taken * sampled / total
        else:
            # all that the other threads have to do is Kafka's
            spent["fetch"] += taken
    return spent


def _stage(frames: list[str]) -> str:
    for frame in reversed(frames):
        for place, stage in _BY_PLACE:
            if place in frame:
                return stage
    # asyncio below no code of ours: in the main thread, a socket on which PostgreSQL answered
    return "write" if "selector_events.py" in frames[-1] else "other"
