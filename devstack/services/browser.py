"""Opening the worker's page for whoever sits at this machine."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Mapping

_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")


def open_page(address: str, environment: Mapping[str, str] = os.environ) -> str:
    """Open a page in the browser; return what to tell of it."""
    if not _has_display(environment):
        return f"There is no display for a browser here. The page: {address}"
    if not webbrowser.open(address):
        return f"No browser could be opened. The page: {address}"
    return f"Opened {address}"


def _has_display(environment: Mapping[str, str]) -> bool:
    """Say whether a browser's window would be seen.

    Where it would not, `webbrowser` starts one of the terminal (w3m, lynx), which would take the
    keyboard and the screen from `headrace up`.
    """
    if sys.platform in {"darwin", "win32"} or environment.get("BROWSER"):
        return True
    return any(environment.get(name) for name in _DISPLAYS)
