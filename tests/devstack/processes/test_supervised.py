"""A process that ends is told of and started again, ever more patiently."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.processes.child import Child
from devstack.processes.supervised import Exit, Supervised


@pytest.fixture
def failing(tmp_path: Path) -> Iterator[Supervised]:
    """Make a process that says why it fails, and ends at once."""
    command = (sys.executable, "-c", "print('no disk'); raise SystemExit(3)")
    supervised = Supervised(Child("failing", command, tmp_path / "log"))
    yield supervised
    supervised.child.kill()


def ended(supervised: Supervised, now: float) -> Exit | None:
    """Let the process end, then look after it."""
    assert supervised.child.identity is not None
    supervised.child.identity.wait(20)
    return supervised.tend(now)


def test_an_end_is_news_once_with_the_last_lines(failing: Supervised) -> None:
    failing.start(now=0)

    news = ended(failing, now=0.1)

    assert news is not None
    assert news.how == "failing ended with code 3"
    assert news.last_lines == "no disk"
    assert failing.tend(now=0.2) is None


def test_restarts_come_later_and_later(failing: Supervised) -> None:
    failing.start(now=0)
    now, delays = 0.0, []
    for _ in range(7):
        assert ended(failing, now) is not None
        begun, restarts = now, failing.restarts
        while failing.restarts == restarts:
            now += 0.5
            failing.tend(now)
        delays.append(now - begun)

    assert delays == [1, 2, 4, 8, 16, 30, 30]


def test_a_program_that_was_taken_away_is_news_and_tried_again(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    supervised = Supervised(Child("taken", (str(program),), tmp_path / "log"))
    supervised.start(now=0)
    assert ended(supervised, now=0) is not None
    program.rename(tmp_path / "elsewhere")

    news = supervised.tend(now=1)
    later = supervised.tend(now=2)
    (tmp_path / "elsewhere").rename(program)
    supervised.tend(now=3)

    assert news is not None
    assert news.how.startswith("taken could not be started again: [Errno 2]")
    assert later is None
    assert ended(supervised, now=3.1) == Exit("taken", 3, "")


def test_who_ran_well_is_restarted_quickly(failing: Supervised) -> None:
    failing.start(now=0)
    assert ended(failing, now=0) is not None
    failing.tend(now=1)
    assert ended(failing, now=100) is not None

    failing.tend(now=101)

    assert failing.restarts == 2


def test_the_signal_that_ended_it_is_named() -> None:
    assert Exit("worker-1", -9, "").how == "worker-1 was ended by SIGKILL"


def test_one_that_may_end_is_left_when_its_work_is_done(tmp_path: Path) -> None:
    done = Supervised(Child("done", (sys.executable, "-c", ""), tmp_path / "log"), may_end=True)
    done.start(now=0)

    assert ended(done, now=0.1) is None
    assert done.tend(now=1_000) is None
    assert done.restarts == 0
