"""As many sessions as it takes for a rate: one that ends leaves its place to one that begins."""

from collections.abc import Iterator
from random import Random

from generator.catalog import Catalog
from generator.sessions import PERIOD, Session, begin
from generator.times import DAY, MINUTE

_CHANGES = 0.05


class Population:
    """`places` sessions that beat one after the other, evenly spread, for ever.

    Place p of n beats at `start + p * PERIOD / n` and every PERIOD after that, so the n-th beat's
    time is plain arithmetic, and whatever asks for the beats in whatever portions gets the same.
    """

    def __init__(self, random: Random, catalog: Catalog, places: int, start: int) -> None:
        self._random = random
        self._catalog = catalog
        # filled as beats are asked for: half a million sessions at once would take seconds
        self._sessions: list[Session | None] = [None] * places
        self._start = start
        self._done = 0

    def due(self, time: int) -> int:
        """Count the beats up to and including `time` that were not taken yet."""
        elapsed = time - self._start + 1
        return max(0, -(-elapsed * len(self._sessions) // PERIOD) - self._done)

    def beats(self, count: int) -> Iterator[tuple[int, Session]]:
        """Take the next beats, as (time, session)."""
        sessions, random, catalog = self._sessions, self._random, self._catalog
        places, start = len(sessions), self._start
        for beat in range(self._done, self._done + count):
            self._done = beat + 1
            time = start + beat * PERIOD // places
            place = beat % places
            session = sessions[place]
            if session is None or session.ends <= time:
                session = sessions[place] = begin(random, catalog, time)
            elif random.random() < _CHANGES:
                session.change(random, catalog)
            yield time, session


class Offline:
    """Players that were without a network and now send what they kept, minutes to hours late."""

    _PLAYERS = 64

    def __init__(self, random: Random, catalog: Catalog) -> None:
        self._random = random
        self._catalog = catalog
        self._players: list[tuple[int, Session]] = []

    def beat(self, now: int) -> tuple[int, Session]:
        """Give the next beat of one of them, as (time, session): the session ended before `now`."""
        if len(self._players) < self._PLAYERS:
            self._players.append(self._past(now))
        place = self._random.randrange(len(self._players))
        time, session = self._players[place]
        following = time + PERIOD
        self._players[place] = (following, session) if following < session.ends else self._past(now)
        return time, session

    def _past(self, now: int) -> tuple[int, Session]:
        session = begin(self._random, self._catalog, 0)
        ago = self._random.randrange(2 * MINUTE, DAY // 2)
        session.begins += now - ago - session.ends
        session.ends = now - ago
        return session.begins, session
