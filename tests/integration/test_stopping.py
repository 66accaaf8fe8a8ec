"""Ctrl-C stops a worker, also one whose output nobody reads any more."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from devstack.engines import Kafka
from tests.integration.events import heartbeat
from tests.integration.headrace import Headrace
from tests.integration.worker import Worker

_SECONDS = 20


@contextmanager
def piped(worker: Worker, reader: str = "cat") -> Iterator[subprocess.Popen[bytes]]:
    """Start `headrace worker 2>&1 | reader` as a shell does: in a process group of their own."""
    command = f"exec {sys.executable} -m app worker 2>&1 | exec {reader}"
    process = subprocess.Popen(
        ["/bin/sh", "-c", command],
        env=os.environ | dict(worker.child.environment),
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with_all(process, signal.SIGKILL)
        process.wait()


def with_all(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


def members(process: subprocess.Popen[bytes]) -> dict[str, int]:
    """Give the processes of the group that still run: their commands and numbers."""
    found = {}
    for one in psutil.process_iter():
        try:
            if os.getpgid(one.pid) == process.pid and one.status() != psutil.STATUS_ZOMBIE:
                found[one.name()] = one.pid
        except (psutil.NoSuchProcess, ProcessLookupError):
            continue
    return found


def workers_of(process: subprocess.Popen[bytes]) -> list[int]:
    return [pid for name, pid in members(process).items() if name not in {"sh", "cat"}]


def wait_until_running(worker: Worker) -> None:
    deadline = time.monotonic() + 2 * _SECONDS
    while worker.status().get("state") != "running":
        assert time.monotonic() < deadline, "it does not run"
        time.sleep(0.1)


def seconds_until_it_ends(process: subprocess.Popen[bytes]) -> float:
    begun = time.monotonic()
    while workers_of(process):
        assert time.monotonic() - begun < _SECONDS, "it goes on"
        time.sleep(0.1)
    return time.monotonic() - begun


@pytest.mark.parametrize("told", ["the whole group", "the worker, its reader gone"])
def test_ctrl_c_stops_a_piped_worker_and_frees_its_partitions(
    headrace: Headrace, told: str
) -> None:
    headrace.topic.create()
    first, second = headrace.worker(), headrace.worker()

    with piped(first) as process:
        wait_until_running(first)
        if told == "the whole group":
            with_all(process, signal.SIGINT)
        else:
            os.kill(members(process)["cat"], signal.SIGKILL)
            # it writes meanwhile, and finds that nobody reads
            headrace.topic.produce([heartbeat()] * 3)
            deadline = time.monotonic() + _SECONDS
            while headrace.records_stored() < 3:
                assert time.monotonic() < deadline
                time.sleep(0.1)
            [pid] = workers_of(process)
            os.kill(pid, signal.SIGINT)
        assert seconds_until_it_ends(process) < _SECONDS

    begun = time.monotonic()
    second.start()  # until it reads its partitions
    assert time.monotonic() - begun < _SECONDS


def test_a_worker_whose_kafka_does_not_answer_ends_in_time(
    on_own_kafka: Headrace, own_kafka: Kafka
) -> None:
    headrace, worker = on_own_kafka, on_own_kafka.worker()
    worker.start()
    headrace.topic.produce([heartbeat()])
    headrace.wait_for_records(worker, 1)

    psutil.Process(own_kafka.child.pid).suspend()
    process = psutil.Process(worker.child.pid)
    process.terminate()
    process.wait(_SECONDS)  # aiokafka would wait for more than a minute
