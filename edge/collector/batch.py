"""What of a request's lines goes to Kafka: no repeat, and nothing that tells nothing. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from edge.cmcd.heartbeats import Heartbeat, Passed, Sender, Viewing, heartbeat
from edge.cmcd.lines import Line, Read, Refused
from edge.cmcd.repeats import Repeats, key_of


class UnderWayError(Exception):
    """A line is being sent to Kafka for another request: what becomes of it is not known yet."""


@dataclass(slots=True)
class Batch:
    """Values for Kafka, `places` of their lines in the request, and why `refused` ones are none.

    A refused line is sent as it came: a worker makes a dead letter of it.
    """

    values: list[bytes] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    refused: dict[int, Refused] = field(default_factory=dict)
    passed: int = 0
    repeated: int = 0
    claims: set[bytes] = field(default_factory=set)

    def add(self, place: int, value: bytes) -> None:
        self.values.append(value)
        self.places.append(place)


def batch(
    lines: Sequence[Line | None], sender: Sender, viewing: Viewing, repeats: Repeats, target: str
) -> Batch:
    """Claim and convert; None is passed over. Raises UnderWayError, and claims nothing then.

    Whoever gets the batch has to `keep` or `drop` its claims.
    """
    made = Batch()
    try:
        for place, line in enumerate(lines):
            if line is not None:
                _take(made, place, line, (sender, viewing), (repeats, target))
    except BaseException:
        repeats.drop(made.claims)
        raise
    return made


def _take(
    made: Batch,
    place: int,
    line: Line,
    about: tuple[Sender, Viewing],
    known: tuple[Repeats, str],
) -> None:
    found = heartbeat(line, *about) if isinstance(line, Read) else line
    if isinstance(found, Refused):
        made.refused[place] = found
        made.add(place, found.raw)
    elif not _is_new(found, line, made, *known):
        made.repeated += 1
    elif isinstance(found, Passed):
        made.passed += 1
    else:
        made.add(place, found.value)


def _is_new(
    found: Heartbeat | Passed, line: Line, made: Batch, repeats: Repeats, target: str
) -> bool:
    if found.sequence is None:
        return True
    # with its time: a page that plays again under the same `sid` counts `sn` from 0 again
    time = line.members.get("ts", "") if isinstance(line, Read) else ""
    key = key_of(found.session_id, f"{target} {time}", found.sequence)
    if key in made.claims:
        return False  # twice in one batch
    claim = repeats.claim(key)
    if claim == "under_way":
        raise UnderWayError
    if claim == "new":
        made.claims.add(key)
    return claim == "new"
