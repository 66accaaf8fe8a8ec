"""Where a run is shown: drawn over and over in a terminal, line by line anywhere else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console, RenderableType
from rich.live import Live

from app.up.display import render
from app.up.line import addresses, line
from app.up.view import View

_LINE_INTERVAL_SECONDS = 5.0


class Screen(Protocol):
    """Shows a run."""

    def show(self, view: View) -> None:
        """Show the run as it is now."""

    def say(self, message: RenderableType) -> None:
        """Tell something that stays to be read."""

    def end(self) -> None:
        """Show no more; what is said from now on comes below."""


@contextmanager
def screen() -> Iterator[Screen]:
    """Choose by whether standard output is a terminal."""
    console = Console()
    if not console.is_terminal:
        yield _Lines()
        return
    with Live(console=console, auto_refresh=False) as live:
        yield _Terminal(live)


class _Terminal:
    def __init__(self, live: Live) -> None:
        self._live = live

    def show(self, view: View) -> None:
        self._live.update(render(view), refresh=True)

    def say(self, message: RenderableType) -> None:
        self._live.console.print(message, markup=False)

    def end(self) -> None:
        self._live.stop()


class _Lines:
    def __init__(self) -> None:
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
