"""Which status a reporter gets. What it does then decides: see each.

Reporters (read in `@svta/cml-cmcd`) take 410 as "stop for this session", send again after 429 and
5xx, and throw the batch away after any other 4xx. So a batch with bad lines is taken like any
other, its bad lines being dead letters; 429 and 503 mean that nothing of the batch was taken; and
410 is said only where a session is to stop.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, and after how many seconds to come again (`Retry-After`) if there is a reason."""

    status: int
    retry_after: int | None = None


TAKEN = Answer(202)
STOP = Answer(410)


def before_kafka(
    sessions: Iterable[str],
    *,
    is_stopped: Callable[[str], bool],
    is_limited: bool = False,
    retry_after: int = 5,
) -> Answer | None:
    """Say whether to answer at once; None where the batch is to be produced.

    A batch of which one session goes on is not answered with 410: that session would stop as well.
    """
    named = set(sessions)
    if named and all(map(is_stopped, named)):
        return STOP
    return Answer(429, retry_after) if is_limited else None


def after_kafka(*, has_taken: bool, is_under_way: bool = False, retry_after: int = 5) -> Answer:
    """Say what became of a batch; a repeat of one that is `under_way` has to wait for it."""
    return TAKEN if has_taken and not is_under_way else Answer(503, retry_after)
