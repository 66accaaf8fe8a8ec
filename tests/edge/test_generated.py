"""`headrace generate --through`: what simulated clients send by HTTP is in the topic."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.edge.edge_process import EdgeProcess
from tests.edge.topics import everything


def test_what_is_sent_through_an_edge_is_in_the_topic(edge: EdgeProcess, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    before = len(everything(edge.topic("content_sessions")))

    done = generate(f"http://127.0.0.1:{edge.port}", "--report", str(report))

    assert done.returncode == 0, done.stderr
    counted = json.loads(report.read_text())
    there = len(everything(edge.topic("content_sessions"))) - before
    assert there > 900
    assert counted["streams"]["content_sessions"]["produced"] == there


def test_where_no_edge_is_one_is_told(edge: EdgeProcess) -> None:
    done = generate(f"http://127.0.0.1:{edge.metrics_port + 20_000}")

    assert done.returncode == 2
    assert "headrace edge" in done.stderr


def generate(address: str, *more: str) -> subprocess.CompletedProcess[str]:
    arguments = ["--streams", "content_sessions", "--events", "1000", "--bad", "0.05", *more]
    rate = ["--events-per-second", "max", "--through", address]
    return subprocess.run(
        [sys.executable, "-m", "app", "generate", *rate, *arguments],
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
