"""Named points at which a test may strike a running worker. Off, a point is an empty call.

`HEADRACE_FAULT=before_commit:kill:3` kills the worker with -9 when it passes that point for the
third time; `stop` sends SIGSTOP, as a machine that freezes would; `raise` is a bug in that place.
"""

import os
import signal
from collections.abc import Callable, Mapping
from typing import Literal, get_args

Point = Literal[
    "during_copy",
    "before_upsert",
    "before_compare_and_set",
    "before_commit",
    "before_live_tables",
    "during_revoke",
    "during_positions",
]
POINTS: tuple[Point, ...] = get_args(Point)

SourcePoint = Literal[
    "before_source_send",
    "before_source_resume_point",
    "before_source_commit",
    "after_source_commit",
]
SOURCE_POINTS: tuple[SourcePoint, ...] = get_args(SourcePoint)
"""Those of a source's process, in the order in which a commit passes them."""

VARIABLE = "HEADRACE_FAULT"


class InjectedBugError(Exception):
    """What `raise` raises."""


def _nothing(point: Point | SourcePoint) -> None:
    del point


reach: Callable[[Point | SourcePoint], None] = _nothing


def _raise() -> None:
    raise InjectedBugError("a fault point raised this")


_ACTIONS: Mapping[str, Callable[[], None]] = {
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "stop": lambda: os.kill(os.getpid(), signal.SIGSTOP),
    "raise": _raise,
}


def arm(specification: str) -> None:
    """Arm one point of this process: `POINT:ACTION[:TIMES]`, else ValueError."""
    global reach  # noqa: PLW0603 - the point of it: off costs one empty call
    point, action, times = [*specification.split(":"), "1"][:3]
    if point not in (*POINTS, *SOURCE_POINTS) or action not in _ACTIONS or not times.isdigit():
        raise ValueError(
            f"{VARIABLE}={specification!r}: expected POINT:ACTION[:TIMES], with a point of "
            f"{', '.join((*POINTS, *SOURCE_POINTS))} and an action of {', '.join(_ACTIONS)}"
        )
    left = int(times)

    def strike(reached: Point | SourcePoint) -> None:
        nonlocal left
        if reached == point:
            left -= 1
            if left == 0:
                _ACTIONS[action]()

    reach = strike


def disarm() -> None:
    """Make every point an empty call again."""
    global reach  # noqa: PLW0603 - as in arm
    reach = _nothing
