"""What every source promises: records in an order, and the resume point that each chunk reaches.

Who runs a source (`agents/source_runner.py`) produces the records and keeps the resume point in one
Kafka transaction: both are there, or neither is.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Protocol

from config.environment import PlainError

Record = tuple[bytes, bytes | None, int]
"""Value, key (None: any partition) and timestamp in milliseconds since 1970."""

Resume = Mapping[str, Any]
"""Where reading goes on: names of the source's own choice, each with a value that JSON can hold.

Like a product with its last trade, or a file with the offset read to. Empty at the very first.
"""


_HELD_BYTES = 240
"""What Python holds for a record beside its payload: two bytes objects, a number, a tuple."""

_value, _key = itemgetter(0), itemgetter(1)


class SourceUnavailable(Exception):  # noqa: N818 - a signal, not an error: not now, try again
    """The outside cannot be read now; the text says why, without secrets. It is tried again."""


class SourceRefused(PlainError):  # noqa: N818 - a verdict
    """Reading cannot go on until a person has changed something; the text says what."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Records that follow each other, and what has become true of the resume point with them.

    `resume` names only what has changed; None forgets a name. A chunk without records is a sign of
    life: a source whose outside tells that it is there, like by heartbeats, passes them on so.
    """

    records: Sequence[Record]
    resume: Mapping[str, Any] = field(default_factory=dict)

    @property
    def size_bytes(self) -> int:
        """Give what all values and keys weigh."""
        values, keys = map(_value, self.records), filter(None, map(_key, self.records))
        return sum(map(len, values)) + sum(map(len, keys))

    @property
    def held_bytes(self) -> int:
        """Give what it takes in memory, about."""
        return self.size_bytes + _HELD_BYTES * len(self.records)


class Source(Protocol):
    """What is read outside, one reader after another: connection, file, bucket.

    Used by one task at a time.
    """

    label: str
    """What it is called in logs, unique within the configured source, like `connection-1`."""

    def read(self, resume: Resume) -> AsyncGenerator[Chunk, None]:
        """Open the outside and read on from there, until it ends or for ever.

        Nothing is read ahead of what is asked for but what bounded buffers hold: who does not ask
        holds the outside up, where it can be held up. The same resume point gives the same records
        again wherever the outside still has them; where it does not, that is counted
        (`SourceStats.gaps`) and told. Closed (`aclose`) or cancelled, it lets go of what it
        opened, and may be read anew. Raises SourceUnavailable (it is opened again, from the last
        chunk's resume point, ever more patiently) and SourceRefused.
        """
        ...

    async def close(self) -> None:
        """Let go of everything; called once, at the end."""
        ...
