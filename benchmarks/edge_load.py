"""Load over HTTP from a Go program of ours, and what processor time it costs whom."""

from __future__ import annotations

import json
import resource
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import psutil

from devstack.processes.child import Child


def family(child: Child) -> list[psutil.Process]:
    """Give the processes that a child consists of."""
    parent = psutil.Process(child.pid)
    return [parent, *parent.children(recursive=True)]


def cpu_seconds(child: Child) -> float:
    """Give what a child and those that it started have used so far, also those that have ended."""
    parent, *others = family(child)
    times = parent.cpu_times()
    ended = times.children_user + times.children_system
    alive = sum(sum(one.cpu_times()[:2]) for one in others)
    return float(times.user + times.system + ended + alive)


def write_bodies(path: Path, bodies: Sequence[Sequence[bytes]]) -> Path:
    """Write a body in each line: of one event an object, of several an array."""
    lines = [body[0] if len(body) == 1 else b"[%b]" % b",".join(body) for body in bodies]
    path.write_bytes(b"\n".join(lines))
    return path


def send(
    program: Path,
    url: str,
    bodies: Path,
    *,
    seconds: float,
    rate: float = 0.0,
    connections: int = 64,
) -> dict[str, Any]:
    """Send for so long, at so many requests a second or as fast as it goes; say what came of it.

    `sender_cpu_seconds` is processor time of the sender. Raises ClickException where anything at
    all was refused or went without an answer.
    """
    options = ["-url", url, "-bodies", str(bodies), "-seconds", str(seconds)]
    options += ["-rate", str(rate), "-connections", str(connections)]
    before = _cpu_of_ended()
    done = subprocess.run([program, *options], capture_output=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    if found["failed"] or found["refused_events"]:
        raise click.ClickException(f"not all was taken: {found}")
    return found | {"sender_cpu_seconds": _cpu_of_ended() - before}


def _cpu_of_ended() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
