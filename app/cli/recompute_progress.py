"""What `headrace recompute` shows: a bar on a terminal, a line for each day elsewhere."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import click
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from sinks.postgres.recompute import Outcome
from sinks.postgres.recompute_steps import Span


class Progress(Protocol):
    """Who is told how it goes."""

    def planned(self, steps: Sequence[Span]) -> None: ...
    def done(self, step: Span, outcome: Outcome) -> None: ...
    def waiting(self, reason: str) -> None: ...


@contextmanager
def progress(window: str, *, dry_run: bool) -> Iterator[Progress]:
    """Show how it goes; at the end, also of an interrupted run, say what was done."""
    console = Console(stderr=True)
    verb = "are wrong" if dry_run else "were wrong and are rebuilt"
    shown: _Lines | _OnTerminal = _OnTerminal(console) if console.is_terminal else _Lines(verb)
    try:
        with shown.bar if isinstance(shown, _OnTerminal) else _nothing():
            yield shown
    finally:
        if isinstance(shown, _Lines):
            shown.end_of_day()
        if shown.hours or sys.exception() is None:  # of one that never began there is nothing
            click.echo(
                f"{window}: {shown.hours:g} hours, {shown.raw_rows:,} raw rows read, "
                f"{shown.wrong:,} windows {verb}"
            )


@contextmanager
def _nothing() -> Iterator[None]:
    yield


class _Counted:
    def __init__(self) -> None:
        self.hours = 0.0
        self.raw_rows = 0
        self.wrong = 0

    def count(self, step: Span, outcome: Outcome) -> None:
        self.hours += step.hours
        self.raw_rows += outcome.raw_rows
        self.wrong += outcome.wrong


class _Lines(_Counted):
    def __init__(self, verb: str) -> None:
        super().__init__()
        self._verb = verb
        self._day: Span | None = None
        self._told = (0, 0)

    def planned(self, steps: Sequence[Span]) -> None:
        click.echo(f"{Span(steps[0].begin, steps[-1].end)}, in {len(steps)} steps")

    def done(self, step: Span, outcome: Outcome) -> None:
        if self._day and self._day.days[0] != step.days[0]:
            self.end_of_day()
        self.count(step, outcome)
        begin = self._day.begin if self._day else step.begin
        self._day = Span(begin, step.end)

    def end_of_day(self) -> None:
        """Tell of the day that is done so far; a year of hours would be 8,760 lines."""
        if self._day:
            raw_rows, wrong = self.raw_rows - self._told[0], self.wrong - self._told[1]
            click.echo(f"{self._day}: {raw_rows:,} raw rows, {wrong:,} windows {self._verb}")
            self._day, self._told = None, (self.raw_rows, self.wrong)

    def waiting(self, reason: str) -> None:
        click.echo(f"trying again: {reason}", err=True)


class _OnTerminal(_Counted):
    def __init__(self, console: Console) -> None:
        super().__init__()
        self.bar = Bar(
            BarColumn(),
            TextColumn("{task.completed:g} of {task.total:g} hours"),
            TextColumn("{task.description}"),
            TimeRemainingColumn(elapsed_when_finished=True),
            console=console,
        )
        self._task = self.bar.add_task("connecting", total=1)

    def planned(self, steps: Sequence[Span]) -> None:
        self.bar.update(self._task, total=sum(step.hours for step in steps), description="")

    def done(self, step: Span, outcome: Outcome) -> None:
        self.count(step, outcome)
        self.bar.update(
            self._task,
            completed=self.hours,
            description=f"{self.raw_rows:,} raw rows read, {self.wrong:,} windows were wrong",
        )

    def waiting(self, reason: str) -> None:
        self.bar.console.print(f"trying again: {reason}", markup=False)
