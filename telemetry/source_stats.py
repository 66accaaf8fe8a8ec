"""What a source has done since its process started. Counters only go up."""

import time
from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class SourceStats:
    """Counters of one configured source. A source itself counts what only it can see."""

    records: int = 0
    """Records committed to Kafka."""
    size_bytes: int = 0
    """What they weigh, keys and values."""
    commits: int = 0
    reconnects: int = 0
    """How often the outside was opened again."""
    silences: int = 0
    """How often it was so because nothing came for too long."""
    gaps: int = 0
    """Events that the source saw to be missing."""
    filled: int = 0
    """Of these, events that were fetched afterwards."""
    duplicates: int = 0
    """Events that came again and were dropped."""
    refused: Counter[str] = field(default_factory=Counter)
    """What came and is no event, by a word that says why."""
    waiting: dict[str, str] = field(default_factory=dict)
    """Readers that cannot read now, by their label, and why."""
    buffered_bytes: int = 0
    """What is read and not committed."""
    last_event: float = 0.0
    """Timestamp of the newest record committed, in seconds since 1970; 0: none yet."""
    last_heard: float = field(default_factory=time.time)
    """When the outside last showed that it is there, in seconds since 1970."""
    progress: str = ""
    """How far it is, in words of the source's own, where it can tell: like files read and left."""
