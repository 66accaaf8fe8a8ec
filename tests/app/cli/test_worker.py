"""`headrace worker`, up to where Faust takes over."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_PROGRAM = """
import os
from app.cli import main

os.execv = lambda *_: print(os.nice(0))
main()
"""


@pytest.mark.parametrize(("role", "nice"), [("core", 0), ("lines", 10)])
def test_a_further_sink_leaves_the_processor_to_live_numbers(
    tmp_path: Path, role: str, nice: int
) -> None:
    config = tmp_path / "headrace.yaml"
    config.write_text(f"sinks:\n  lines:\n    kind: file\n    path: {tmp_path}\n", encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, "worker", "--role", role],
        env=os.environ | {"HEADRACE_CONFIG": str(config)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.split() == [str(os.nice(0) + nice)], done.stderr
