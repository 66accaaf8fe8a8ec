"""The guides' examples send to a real edge, word for word but for the port and the prefix."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.edge.edge_process import EdgeProcess
from tests.edge.topics import everything

GUIDES = Path(__file__).parents[2] / "docs" / "guides"
STREAM = "content_sessions"
EVENT = (
    '"session_id": "{}", "platform": "web", "channel": "news", "asn": 3320, '
    '"current_cdn": "Akamai", "video_profile_kbps": 4000'
)
SECONDS = 110


def example(language: str, edge: EdgeProcess, guide: str = "send-events.md") -> str:
    text = (GUIDES / guide).read_text(encoding="utf-8")
    found = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return str(found[0]).replace("127.0.0.1:8080", f"127.0.0.1:{edge.port}")


def needs(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{program} is missing")
        pytest.skip(f"no {program}")
    return found


def keys(edge: EdgeProcess) -> set[bytes | None]:
    return {message.key() for message in everything(edge.topic(STREAM))}


def test_curl(edge: EdgeProcess) -> None:
    needs("curl")

    done = subprocess.run(
        [needs("bash"), "-c", example("bash", edge)],
        capture_output=True,
        check=False,
        timeout=SECONDS,
    )

    assert done.stdout == b'{"accepted":1,"refused":[]}', done.stderr
    assert b"curl-1" in keys(edge)


def test_curl_to_the_bridge(edge: EdgeProcess) -> None:
    needs("curl")
    command = example("bash", edge, "bridge.md").replace("/topics/", f"/topics/{edge.prefix}")

    done = subprocess.run(
        [needs("bash"), "-c", command], capture_output=True, check=False, timeout=SECONDS
    )

    assert re.fullmatch(rb'{"offsets":\[{"partition":0,"offset":\d+}\]}', done.stdout), done
    assert b'"s-1"' in keys(edge)


def test_python(edge: EdgeProcess, tmp_path: Path) -> None:
    program = tmp_path / "send.py"
    time = "__import__('datetime').datetime.now(__import__('datetime').UTC).isoformat()"
    call = f'\nprint(send([{{"time": {time}, {EVENT.format("python-1")}}}]))\n'
    program.write_text(example("python", edge) + call)

    done = subprocess.run(
        [sys.executable, program], capture_output=True, check=False, timeout=SECONDS
    )

    assert done.stdout == b"{'accepted': 1, 'refused': []}\n", done.stderr
    assert b"python-1" in keys(edge)


def test_javascript(edge: EdgeProcess, tmp_path: Path) -> None:
    node, program = needs("node"), tmp_path / "send.mjs"
    call = f"\nrecord({{{EVENT.format('node-1')}}});\nconsole.log((await flush()).accepted);\n"
    crypto = 'import { webcrypto } from "node:crypto"; globalThis.crypto ??= webcrypto;\n'
    program.write_text(crypto + example("javascript", edge) + call)

    done = subprocess.run([node, program], capture_output=True, check=False, timeout=SECONDS)

    assert done.stdout == b"1\n", done.stderr
    assert b"node-1" in keys(edge)


def test_go(edge: EdgeProcess, tmp_path: Path) -> None:
    go, program = needs("go"), tmp_path / "send.go"
    program.write_text(example("go", edge))

    done = subprocess.run(
        [go, "run", program],
        env=os.environ | {"GO111MODULE": "off"},
        capture_output=True,
        check=False,
        timeout=SECONDS,
    )

    assert done.returncode == 0, done.stderr + done.stdout
    assert b"go-1" in keys(edge)
