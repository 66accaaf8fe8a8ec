"""`headrace up --open`: a browser where somebody would see it, the address anywhere else."""

import shlex
import sys
import time
from pathlib import Path

import pytest

from devstack.services.browser import open_page

PAGE = "http://127.0.0.1:15606/"


@pytest.mark.skipif(sys.platform != "linux", reason="asks for X11 or Wayland")
def test_without_a_display_the_address_is_told() -> None:
    assert open_page(PAGE, {}) == f"There is no display for a browser here. The page: {PAGE}"


def test_a_browser_is_opened_with_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {shlex.quote(str(opened))}\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    monkeypatch.setattr("webbrowser._tryorder", None)  # it reads the variable once

    told = open_page(PAGE)

    deadline = time.monotonic() + 10
    while not opened.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert told == f"Opened {PAGE}"
    assert opened.read_text().strip() == PAGE
