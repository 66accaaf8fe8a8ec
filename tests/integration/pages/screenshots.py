"""Pictures of the overview for the README, of a worker that runs.

Two minutes after `make up`: `python -m tests.integration.pages.screenshots http://127.0.0.1:PORT/`.
It needs Debian's chromium and pngquant, which makes a third of a picture's size of it.
"""

import subprocess
import sys
from pathlib import Path
from typing import Literal

from playwright.sync_api import sync_playwright

_DOCS = Path(__file__).parents[3] / "docs"
_SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def main(address: str) -> None:
    pictures = [_DOCS / f"pages-{scheme}.png" for scheme in _SCHEMES]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        for scheme, picture in zip(_SCHEMES, pictures, strict=True):
            page = browser.new_page(color_scheme=scheme, viewport={"width": 1280, "height": 1130})
            page.goto(address)
            page.get_by_role("button", name="Live").wait_for()
            page.screenshot(path=picture)
        browser.close()
    subprocess.run(["pngquant", "--force", "--ext", ".png", *pictures], check=True)  # noqa: S607


if __name__ == "__main__":
    main(sys.argv[1])
