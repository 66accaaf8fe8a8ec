"""What `headrace replay` shows: a bar on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from app.replaying.run import Summary

_EACH_SECONDS = 10.0
_KEPT_SECONDS = 1.0


@contextmanager
def progress(keep: Callable[[str], None]) -> Iterator["Shown"]:
    """Show it. `keep` is given the words, about every second."""
    console = Console(stderr=True)
    shown = _OnTerminal(console, keep) if console.is_terminal else Shown(keep)
    if isinstance(shown, _OnTerminal):
        with shown.bar:
            yield shown
    else:
        yield shown


class Shown:
    """Counts, and says so in lines."""

    def __init__(self, keep: Callable[[str], None]) -> None:
        self._keep = keep
        self._kept = 0.0
        self.total = 0
        self.sent_in_all = 0
        self.stored_now = 0
        self.replaced_now = 0
        self._said = time.monotonic()

    def planned(self, rows: int) -> None:
        self.total = rows
        click.echo(f"{rows:,} rows to replay", err=True)

    def sent(self, total: int) -> None:
        self.sent_in_all = total
        self.show()

    def stored(self, more: int) -> None:
        self.stored_now += more
        self.show()

    def replaced(self, more: int) -> None:
        self.replaced_now += more
        self.show()

    def waiting(self, reason: str | None) -> None:
        if reason:
            click.echo(f"waiting: {reason}", err=True)

    def show(self) -> None:
        if self.sent_in_all and time.monotonic() - self._kept >= _KEPT_SECONDS:
            self._kept = time.monotonic()
            self._keep(self.words)
        self.write()

    def write(self) -> None:
        if time.monotonic() - self._said >= _EACH_SECONDS:
            self._said = time.monotonic()
            click.echo(self.words, err=True)

    @property
    def words(self) -> str:
        replaced = f", {self.replaced_now:,} replaced" if self.replaced_now else ""
        return (
            f"{self.sent_in_all:,} of {self.total:,} sent, {self.stored_now:,} stored by this run"
            f"{replaced}"
        )


class _OnTerminal(Shown):
    def __init__(self, console: Console, keep: Callable[[str], None]) -> None:
        super().__init__(keep)
        self.bar = Bar(
            BarColumn(), TextColumn("{task.description}"), TimeRemainingColumn(), console=console
        )
        self._task: TaskID = self.bar.add_task("looking at the source", total=None)

    def planned(self, rows: int) -> None:
        self.total = rows
        self.bar.update(self._task, total=rows)
        self.show()

    def waiting(self, reason: str | None) -> None:
        if reason:
            self.bar.console.print(f"waiting: {reason}", markup=False)

    def write(self) -> None:
        self.bar.update(self._task, completed=self.sent_in_all, description=self.words)


def tell(summary: Summary, sink: str | None = None) -> None:
    """Say what came of it, each number in a line."""
    refused = sum(summary.refused.values())
    click.echo(f"read     {summary.read:,}")
    click.echo(f"sent     {summary.sent:,}")
    click.echo(f"refused  {refused:,}")
    for (reason, detail), count in sorted(summary.refused.items(), key=lambda one: -one[1]):
        click.echo(f"         {count:,} {reason}: {detail}")
    click.echo(f"stored   {summary.stored:,}")
    if summary.replaced is not None:
        added = summary.stored - summary.replaced
        click.echo(f"         {summary.replaced:,} in another one's place, {added:,} added")
    if summary.handed_over:
        goes_on = f"the role {sink}" if sink else "a worker that is pointed at this database"
        click.echo(f"{goes_on} goes on behind it")
