"""The comparison as a table for people."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table

from devstack.verify.comparison import Compared, Comparison

_SHOWN = 10


def render(comparison: Comparison) -> RenderableType:
    table = Table(title="Produced and stored in this run", title_justify="left")
    table.add_column("")
    for column in ("produced", "stored", "difference"):
        table.add_column(column, justify="right")
    for total in comparison.totals:
        _add(table, total)
    for window in comparison.differing_windows[:_SHOWN]:
        _add(table, window)
    return Group(table, _verdict(comparison))


def _add(table: Table, compared: Compared) -> None:
    difference = compared.stored - compared.produced
    style = None if compared.equal else "red"
    shown = f"{difference:+,}" if difference else "equal"
    table.add_row(
        compared.what, f"{compared.produced:,}", f"{compared.stored:,}", shown, style=style
    )


def _verdict(comparison: Comparison) -> str:
    if comparison.equal:
        return f"Equal: every total, and each of {comparison.windows} windows."
    hidden = len(comparison.differing_windows) - _SHOWN
    more = f" {hidden} more figures differ." if hidden > 0 else ""
    return f"Different.{more} Was something else writing to this topic or database?"
