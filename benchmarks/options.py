"""How much to measure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

MEASURES = ("drain", "pathway", "copy", "stock", "cpu", "two_workers", "takeover", "freshness")


@dataclass(frozen=True, slots=True)
class Options:
    """`only` holds names of MEASURES."""

    only: frozenset[str] = frozenset(MEASURES)
    events: int = 2_000_000
    repeat: int = 3
    freshness_seconds: float = 60.0
    stock_events: int = 60_000
    stock_seconds: float = 20.0
    output: Path = Path("results.json")

    @property
    def profile(self) -> Path:
        """The profile lies beside the results."""
        return self.output.with_name(f"{self.output.stem}-profile.folded")
