"""Parts of a picture, as many as fit the terminal: what matters least is left out first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment


@dataclass(frozen=True, slots=True)
class Part:
    """Something to draw; the least `rank` stays the longest.

    `shorter` stands in for it unless there is room for the whole after all of less rank `whole`.
    """

    drawn: RenderableType
    rank: int
    shorter: RenderableType | None = None
    whole: int = 0

    def steps(self) -> Iterator[tuple[int, RenderableType]]:
        """Give what to try, with the rank of each."""
        yield self.rank, self.drawn if self.shorter is None else self.shorter
        if self.shorter is not None:
            yield self.whole, self.drawn


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
        steps = [
            (rank, place, drawn)
            for place, part in enumerate(self._parts)
            for rank, drawn in part.steps()
        ]
        for _, place, drawn in sorted(steps, key=itemgetter(0)):
            lines = console.render_lines(drawn, free, pad=False)
            more = len(lines) - len(chosen.get(place, ()))
            if more <= room:
                room -= more
                chosen[place] = lines
        for place in sorted(chosen):
            for line in chosen[place]:
                yield from line
                yield Segment.line()
