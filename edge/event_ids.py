"""`?event_id=true`: an event that comes again within ten minutes, by its `event_id`, counts once.

As with `Idempotency-Key` each process knows its own, and no more is promised; but here a repeat may
stand in another body, among other events.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

import msgspec

from edge.cmcd.repeats import Repeats
from edge.judging import Judged, Refusal
from edge.problems import try_later

_UNDER_WAY_SECONDS = 5


@dataclass(slots=True)
class Fresh:
    """The events of a body that are no repeats of another's, their places in it, and their claims.

    Which of two with the same id in one body is the repeat, their verdicts say: see `once`.
    """

    events: Sequence[bytes]
    places: Sequence[int]
    repeated: int = 0
    claims: Sequence[bytes | None] = ()

    @property
    def has_ids(self) -> bool:
        """Say whether any event of the body has an id."""
        return bool(self.repeated) or any(self.claims)

    def once(self, judged: Judged) -> Judged:
        """Leave out the good events that have the id of a good one before them."""
        if not self.claims:
            return judged
        seen: set[bytes] = set()
        kept = []
        for place, index in enumerate(judged.good):
            key = self.claims[index]
            if key is None or key not in seen:
                kept.append(place)
                seen |= {key} if key else set()
        good, keys = judged.good, judged.keys
        return Judged([good[it] for it in kept], [keys[it] for it in kept], judged.refused)

    def told(self, judged: Judged) -> tuple[int, list[Refusal]]:
        """Count repeats and list refusals, by their places in the body, when Kafka has said all.

        The repeat of one that was too large for Kafka is refused as that was.
        """
        if not self.claims and not judged.refused:
            return self.repeated, []
        missing = set(range(len(self.claims))).difference(judged.good)
        missing.difference_update(it.index for it in judged.refused)
        taken = {self.claims[it] for it in judged.good} if missing else set()
        reasons = {self.claims[it.index]: it for it in judged.refused} if missing else {}
        as_well = [
            replace(reasons[key], index=index)
            for index in missing
            if (key := self.claims[index]) not in taken
        ]
        refused = sorted([*judged.refused, *as_well], key=lambda it: it.index)
        moved = [replace(it, index=self.places[it.index]) for it in refused]
        return self.repeated + len(missing) - len(as_well), moved


class EventIds:
    """Knows about `most` ids, fewer than ten minutes' where more come."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._known = Repeats(clock, most=most)

    def fresh(self, caller: str, stream: str, events: Sequence[bytes]) -> Fresh:
        """Leave repeats out, and claim the others. Whoever gets them has to `settle`.

        Events without an `event_id` are never repeats. Raises Problem 503, and claims nothing,
        while Kafka has not said yet whether it takes one of them for another request.
        """
        places: list[int] = []
        claims: list[bytes | None] = []
        mine: set[bytes] = set()
        for place, event in enumerate(events):
            key = _key(caller, stream, event)
            claim = self._known.claim(key) if key and key not in mine else "new"
            if claim == "under_way":
                self._known.drop(mine)
                raise try_later(_UNDER_WAY_SECONDS, "an event of this is on its way to Kafka")
            if claim == "new":
                places.append(place)
                claims.append(key)
                mine |= {key} if key else set()
        return Fresh([events[it] for it in places], places, len(events) - len(places), claims)

    def settle(self, fresh: Fresh, good: Collection[int]) -> None:
        """Remember those that Kafka has as good ones; what was refused may come again, mended."""
        taken = {key for it in good if fresh.claims and (key := fresh.claims[it])}
        self._known.keep(taken)
        self._known.drop({key for key in fresh.claims if key} - taken)


class _Identified(msgspec.Struct):
    event_id: str


_identified = msgspec.json.Decoder(_Identified).decode


def _key(caller: str, stream: str, event: bytes) -> bytes | None:
    try:
        said = f"{caller}\0{stream}\0{_identified(event).event_id}"
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None  # none, or no event at all, as the contract will say
    return blake2b(said.encode(errors="surrogatepass"), digest_size=16).digest()
