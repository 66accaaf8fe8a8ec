"""What one check found: a line for people, an entry for programs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`said` is what was seen; `cure` is what to do, "" where nothing is wrong."""

    check: str
    said: str
    cure: str = ""

    @property
    def ok(self) -> bool:
        return not self.cure


@dataclass(frozen=True, slots=True)
class Secrets:
    """Takes secrets out of whatever another program's error may quote."""

    words: tuple[str, ...]

    def hide(self, text: str) -> str:
        """Give the text as one line without them."""
        line = " ".join(text.split())
        for word in self.words:
            line = line.replace(word, "***")
        return line
