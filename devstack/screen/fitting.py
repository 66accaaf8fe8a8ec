"""Parts of a picture, as many as fit the terminal: what matters least is left out first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment


@dataclass(frozen=True, slots=True)
class Part:
    """Something to draw; the least `rank` stays the longest. `shorter` may stand in for it."""

    drawn: RenderableType
    rank: int
    shorter: RenderableType | None = None


class Fitted:
    """Draws parts below each other in at most so many lines less than the terminal has."""

    def __init__(self, parts: Sequence[Part], around: int) -> None:
        self._parts = parts
        self._around = around

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw; called by rich each time, so that the terminal may change its size."""
        free = options.update(height=None)
        room = max(1, console.size.height - self._around)
        chosen: dict[int, list[list[Segment]]] = {}
        for place, part in sorted(enumerate(self._parts), key=lambda one: one[1].rank):
            for drawn in (part.drawn, part.shorter):
                if drawn is None:
                    continue
                lines = console.render_lines(drawn, free, pad=False)
                if len(lines) <= room:
                    room -= len(lines)
                    chosen[place] = lines
                    break
        for place in sorted(chosen):
            for line in chosen[place]:
                yield from line
                yield Segment.line()
