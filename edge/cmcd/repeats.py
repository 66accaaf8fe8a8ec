"""Which reports were here before: reporters send a batch again when its answer was lost."""

from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import Literal

Claim = Literal["new", "under_way", "repeat"]


class Repeats:
    """Remembers (sid, target, sn) for `seconds` to twice as long, `most` of them at most.

    Two generations: when the younger one is `seconds` old, or full, it becomes the older one and
    what was that is forgotten. So nothing is looked at one by one, and memory has a bound (about
    150 bytes a key) whatever is sent. `clock` gives seconds; it never runs backwards.

    A report counts as seen only when it is `kept`, after Kafka has it: one that was claimed and
    then `dropped` (503, to be sent again) is new the next time. Between the two it is `under_way`:
    answer 503 to that repeat, and the reporter comes again when the verdict is known.
    """

    def __init__(
        self, clock: Callable[[], float], *, seconds: float = 600, most: int = 1_000_000
    ) -> None:
        self._clock = clock
        self._seconds = seconds
        self._half = max(1, most // 2)
        self._younger: set[bytes] = set()
        self._older: set[bytes] = set()
        self._began = clock()
        self._under_way: set[bytes] = set()

    def __len__(self) -> int:
        return len(self._younger) + len(self._older)

    def claim(self, key: bytes) -> Claim:
        """Say what a report is; a new one is under way until it is kept or dropped."""
        self._turn()
        if key in self._younger or key in self._older:
            return "repeat"
        if key in self._under_way:
            return "under_way"
        self._under_way.add(key)
        return "new"

    def keep(self, keys: Iterable[bytes]) -> None:
        """Kafka has these."""
        for key in keys:
            self._under_way.discard(key)
            self._turn()
            self._younger.add(key)

    def drop(self, keys: Iterable[bytes]) -> None:
        """Kafka has not taken these."""
        self._under_way.difference_update(keys)

    def _turn(self) -> None:
        now = self._clock()
        age = now - self._began
        if age < self._seconds and len(self._younger) < self._half:
            return
        # after a long quiet the younger one is too old as well
        self._older = self._younger if age < 2 * self._seconds else set()
        self._younger = set()
        self._began = now


def key_of(session_id: str, target: str, sequence: int) -> bytes:
    """Give what stands for a report: `target` is where it was sent to, path and mode."""
    said = f"{session_id}\0{target}\0{sequence}".encode(errors="surrogatepass")
    return blake2b(said, digest_size=16).digest()
