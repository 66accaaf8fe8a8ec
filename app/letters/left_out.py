"""Why letters that were named are not among those to send."""

from collections.abc import AsyncIterator
from typing import NamedTuple

from db.dead_letters import Letters, StoredLetter, Wanted

_READ = 500


class LeftOut(NamedTuple):
    """A letter that was named and is not to be sent, in a line; there may be none of the name."""

    line: str
    is_there: bool


async def why_not(stored: Letters, wanted: Wanted) -> AsyncIterator[LeftOut]:
    """Give each letter that was named and is not to be sent."""
    if not wanted.names:
        return
    meant = {letter.name async for letter in _all(stored, wanted)}
    left_out = [name for name in dict.fromkeys(wanted.names) if name not in meant]
    # by name, the newest: a topic that was made anew has the same ones again
    known = {one.name: one async for one in _all(stored, Wanted(names=left_out))}
    for name in left_out:
        yield LeftOut(f"{name} {_why(known.get(name))}", name in known)


async def _all(stored: Letters, wanted: Wanted) -> AsyncIterator[StoredLetter]:
    after = None
    while some := await stored.found(wanted, _READ, after):
        after = some[-1].key
        for letter in some:
            yield letter


def _why(letter: StoredLetter | None) -> str:
    if letter is None:
        return "is no dead letter: headrace dead-letters list"
    if letter.replayed_at:
        return f"was sent at {letter.replayed_at:%Y-%m-%dT%H:%M:%SZ} to {letter.replayed}"
    if letter.replayed:  # of a --dry-run, which settles nothing
        return "was begun by a command that was killed: replay it, to find out what became of it"
    return "is none of those that the other options ask for"
