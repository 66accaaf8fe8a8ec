"""The newest dead letters of a stream, in memory: whoever looks at a page needs no database."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace

from models.dead_letters import DeadLetter

_KEPT = 20
_PAYLOAD_BYTES = 2_048
_DETAIL_CHARACTERS = 500


class NewestLetters:
    """The last 20. Their payloads and details are cut, so that a large one does not stay."""

    def __init__(self) -> None:
        self._kept: deque[tuple[DeadLetter, int]] = deque(maxlen=_KEPT)

    def add(self, letters: Iterable[DeadLetter]) -> None:
        for letter in letters:
            payload = letter.payload
            size = len(payload) if payload is not None else 0
            cut = replace(
                letter,
                detail=letter.detail[:_DETAIL_CHARACTERS],
                context=letter.context[:_DETAIL_CHARACTERS],
                payload=payload[:_PAYLOAD_BYTES] if payload is not None else None,
            )
            self._kept.append((cut, size))

    def newest_first(self) -> Sequence[tuple[DeadLetter, int]]:
        """Give each with the size of its whole payload, in bytes."""
        return list(reversed(self._kept))
