"""Further sinks leave the processor to live numbers where there is too little of it."""

import os
import time
from pathlib import Path

_BEHIND_CORE = 10
"""How nice a further sink is: what is shown comes before what is kept."""

_AUTOGROUP = Path("/proc/self/autogroup")
_TRIES, _BETWEEN_SECONDS = 20, 0.15


def step_behind_core() -> None:
    """Make this process, and what it starts, nicer than the role core.

    Linux compares niceness only within a session and weighs sessions against each other
    (sched_autogroup), so a process that leads its own lowers that one too. One that shares the
    session of a shell leaves it alone: core may run there.
    """
    # one that was started nicer still means its session to be so, too
    niceness = max(_BEHIND_CORE, os.nice(_BEHIND_CORE))
    if os.getsid(0) == os.getpid():
        _lower_session(niceness)


def _lower_session(niceness: int) -> None:
    for _ in range(_TRIES):
        try:
            _AUTOGROUP.write_text(str(niceness), encoding="ascii")
        except BlockingIOError:  # one process in 0.1 s may, of all on the machine
            time.sleep(_BETWEEN_SECONDS)
        except OSError:  # no autogroups, or a container that may not: its own weight counts there
            return
        else:
            return
