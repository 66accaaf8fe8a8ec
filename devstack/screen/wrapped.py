"""A labelled line for a terminal: broken at its width, and the rest stands below its words."""

from __future__ import annotations

import shutil
import sys
import textwrap

_INDENT = 10
_NARROWEST = 40


def wrapped(told: str) -> str:
    """Break lines where standard output is a terminal; elsewhere each stays one, for grep.

    Words stay whole: numbers, and addresses that are copied.
    """
    if not sys.stdout.isatty():
        return told
    width = max(_NARROWEST, shutil.get_terminal_size().columns)
    return "\n".join(
        textwrap.fill(
            line,
            width,
            subsequent_indent=" " * _INDENT,
            break_long_words=False,
            break_on_hyphens=False,
            drop_whitespace=True,
        )
        for line in told.splitlines()
    )
