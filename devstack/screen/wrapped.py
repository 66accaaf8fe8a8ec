"""A labelled line for a terminal: broken at its width, and the rest stands below its words."""

from __future__ import annotations

import re
import shutil
import sys
import textwrap

_INDENT = 10
_NARROWEST = 40
_KEPT = "\N{NO-BREAK SPACE}"
_BEFORE_UNIT = re.compile(r"(?<=\d) (?=\w)")


def wrapped(told: str, indent: int = _INDENT) -> str:
    """Break lines where standard output is a terminal; elsewhere each stays one, for grep."""
    if not sys.stdout.isatty():
        return told
    width = max(_NARROWEST, shutil.get_terminal_size().columns)
    return "\n".join(broken(line, width, indent) for line in told.splitlines())


def broken(line: str, width: int, indent: int = _INDENT) -> str:
    """Break a line. Words stay whole, as addresses are copied; and a number keeps its unit."""
    told = textwrap.fill(
        _BEFORE_UNIT.sub(_KEPT, line),
        width,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return told.replace(_KEPT, " ")
