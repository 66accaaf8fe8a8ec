"""Where a run is shown: drawn over and over in a terminal, line by line anywhere else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console, RenderableType
from rich.live import Live

from devstack.screen.display import render
from devstack.screen.plain_text import addresses, line
from devstack.screen.view import View

_LINE_INTERVAL_SECONDS = 5.0


class Screen(Protocol):
    """Shows a run. What is the `verdict` at its end is told last, when all has stopped."""

    verdict: RenderableType | None

    def show(self, view: View) -> None:
        """Show the run as it is now."""

    def say(self, message: RenderableType) -> None:
        """Tell something that stays to be read."""

    def end(self) -> None:
        """Show no more; what was drawn is out of date from now on, and is taken away."""


@contextmanager
def screen() -> Iterator[Screen]:
    """Choose by whether standard output is a terminal."""
    console = Console()
    shown = TerminalScreen(console) if console.is_terminal else _Lines()
    try:
        yield shown
    finally:
        shown.end()
        if shown.verdict is not None:
            shown.say(shown.verdict)


class TerminalScreen:
    """Drawn from the first picture on; what is said stands above it."""

    def __init__(self, console: Console) -> None:
        self.verdict: RenderableType | None = None
        self._console = console
        self._live: Live | None = None
        self._size = console.size

    def show(self, view: View) -> None:
        if self._live is None:
            self.say(addresses(view.addresses))
            self._begin()
        elif self._console.size != self._size:
            self._begin_anew()
        if self._live:
            self._live.update(render(view), refresh=True)

    def say(self, message: RenderableType) -> None:
        self._console.print(message, markup=False, highlight=False, soft_wrap=True)

    def end(self) -> None:
        if self._live:
            self._live.stop()
            self._live = None

    def _begin(self) -> None:
        self._size = self._console.size
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._live.start()

    def _begin_anew(self) -> None:
        # the terminal has broken or joined the old picture's lines: nobody knows how many to erase
        self.end()
        self._console.clear()
        self._begin()


class _Lines:
    def __init__(self) -> None:
        self.verdict: RenderableType | None = None
        self._shown = float("-inf")
        self._addressed = False
        self._console = Console(width=120)

    def show(self, view: View) -> None:
        if not self._addressed:
            self._addressed = True
            self.say(addresses(view.addresses))
        if time.monotonic() - self._shown >= _LINE_INTERVAL_SECONDS:
            self._shown = time.monotonic()
            self.say(line(view))

    def say(self, message: RenderableType) -> None:
        self._console.print(message, soft_wrap=True, highlight=False, markup=False)

    def end(self) -> None:
        pass
