"""The newest dead letters are kept, few and cut."""

from agents.newest_letters import NewestLetters
from models.dead_letters import DeadLetter


def letter(offset: int, payload: bytes | None = b"x") -> DeadLetter:
    return DeadLetter("purchases", 0, offset, 0, "invalid", "d" * 1_000, payload)


def test_the_newest_twenty_stay_the_newest_first() -> None:
    newest = NewestLetters()

    newest.add(letter(offset) for offset in range(50))

    assert [kept.offset for kept, _ in newest.newest_first()] == list(range(49, 29, -1))


def test_a_large_letter_is_cut_and_its_size_told() -> None:
    newest = NewestLetters()

    newest.add([letter(1, b"x" * 1_000_000), letter(2, None)])

    (without, none), (cut, size) = newest.newest_first()
    assert (without.payload, none) == (None, 0)
    assert (cut.payload, size) == (b"x" * 2_048, 1_000_000)
    assert len(cut.detail) == 500
