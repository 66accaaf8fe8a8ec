"""How a stage is set."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Load:
    """Workers, the partitions that they share, and what flows through them."""

    workers: int = 2
    partitions: int = 4
    events_per_second: float = 2_000
    session_timeout_seconds: float = 6.0
