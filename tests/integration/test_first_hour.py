"""docs/start/first-hour.md: its shell blocks in order, word for word but for two addresses."""

import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.app.commands import runs_at
from tests.integration.headrace import Headrace

PAGE = Path(__file__).parents[2] / "docs" / "start" / "first-hour.md"
COMMAND = f"{shlex.quote(sys.executable)} -m app"
_SECONDS = 60
_STORED_SECONDS = 20


def test_the_first_hour_goes_as_the_page_says(headrace: Headrace) -> None:
    headrace.more["HEADRACE_STREAMS"] = "purchases"
    worker = headrace.worker()
    worker.start()
    address = f"http://127.0.0.1:{worker.port}"
    runs_at(headrace.folder, headrace.topic.broker, headrace.database, web=[address])

    for shell, expected in blocks(PAGE.read_text(encoding="utf-8")):
        if "down --erase" in shell:
            continue  # the supervisor of this run is the test itself
        said = run_until(headrace, shell, expected)

        missing = [line for line in expected if line not in said]
        assert not missing, f"{shell}\n{said}"
        assert "Traceback" not in said

    rows = "SELECT count(*) FROM purchases WHERE purchase_id <> 'first-hour'"
    worker.wait_until(lambda: headrace.query(rows)[0][0] > 0, "storing what was generated")


def blocks(page: str) -> Iterator[tuple[str, list[str]]]:
    """Give each shell block with the lines, up to a `…`, that are promised below it."""
    pattern = r"^```sh\n(.*?)^```$(?:\n\n```text\n(.*?)^```$)?"
    for shell, expected in re.findall(pattern, page, re.MULTILINE | re.DOTALL):
        yield shell, [plain(line.partition("…")[0]) for line in expected.splitlines()]


def plain(text: str) -> str:
    """Make one space of many: a table's columns are as wide as its widest value."""
    return re.sub(r"\s+", " ", text).strip()


def run_until(headrace: Headrace, shell: str, expected: list[str]) -> str:
    """Run it; a query is asked again until what was sent is stored."""
    deadline = time.monotonic() + (_STORED_SECONDS if "psql" in shell else 0)
    while True:
        said = run(headrace, shell)
        if all(line in said for line in expected) or time.monotonic() > deadline:
            return said
        time.sleep(0.5)


def run(headrace: Headrace, shell: str) -> str:
    """Run as a person would; the test's own addresses stand in place of the page's."""
    here = shell.replace(".venv/bin/headrace", COMMAND)
    words = re.sub(r"^export .*$", ":", here, flags=re.MULTILINE)
    done = subprocess.run(
        ["/bin/sh", "-c", words],
        env=os.environ | headrace.settings | {"PSQLRC": os.devnull, "PAGER": "cat"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    return plain((done.stdout + done.stderr).replace(headrace.prefix, ""))
