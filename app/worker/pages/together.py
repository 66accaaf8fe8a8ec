"""The last minutes of a stream in all workers, put together slot by slot."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.worker.pages.facts import Samples

_APART = 3
"""Workers sample at different moments; one that is further behind than that stands still."""
_SMOOTHED = 3


@dataclass(frozen=True, slots=True)
class Course:
    """One value for each slot, the newest last: sums, of freshness the slowest worker's."""

    rate: Sequence[float] = ()
    lag: Sequence[float] = ()
    freshness: Sequence[float | None] = ()
    dead_letters: Sequence[float] = ()

    @property
    def rate_now(self) -> float | None:
        """Events a second over the last slots; None while there are none."""
        newest = self.rate[-_SMOOTHED:]
        return sum(newest) / len(newest) if newest else None


def together(parts: Iterable[Samples]) -> Course:
    """Add workers up; where one was not there yet it counts nothing."""
    known = [part for part in parts if part.rate]
    if not known:
        return Course()
    newest = max(part.last_slot for part in known)
    fresh = [part for part in known if newest - part.last_slot <= _APART]
    last = min(part.last_slot for part in fresh)
    length = max(len(part.rate) - (part.last_slot - last) for part in fresh)
    slots = range(last - length + 1, last + 1)
    return Course(
        [sum(_at(part, part.rate, slot) or 0 for part in fresh) for slot in slots],
        [sum(_at(part, part.lag, slot) or 0 for part in fresh) for slot in slots],
        [_slowest(_at(part, part.freshness, slot) for part in fresh) for slot in slots],
        [sum(_at(part, part.dead_letters, slot) or 0 for part in fresh) for slot in slots],
    )


def all_streams(courses: Iterable[Course]) -> Course:
    """Add streams up, their newest slots beside each other."""
    known = list(courses)
    length = max((len(course.rate) for course in known), default=0)
    back = range(length, 0, -1)
    return Course(
        [sum(_back(course.rate, place) or 0 for course in known) for place in back],
        [sum(_back(course.lag, place) or 0 for course in known) for place in back],
        [_slowest(_back(course.freshness, place) for course in known) for place in back],
        [sum(_back(course.dead_letters, place) or 0 for course in known) for place in back],
    )


def _at(part: Samples, values: Sequence[float | None], slot: int) -> float | None:
    return _back(values, part.last_slot - slot + 1)


def _back(values: Sequence[float | None], place: int) -> float | None:
    return values[-place] if 0 < place <= len(values) else None


def _slowest(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
