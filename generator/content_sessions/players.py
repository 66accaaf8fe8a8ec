"""As many players as it takes for a rate: one whose session ends leaves its place to another."""

from random import Random

from generator.clients import Simulation, while_ago
from generator.content_sessions.catalog import Catalog
from generator.content_sessions.experience import PLAYERS, Experience
from generator.content_sessions.records import heartbeat
from generator.content_sessions.sessions import Session, begin
from generator.records import Record
from generator.story import TROUBLED_CDN
from generator.times import SECOND

_CHANGES = 0.05


class Players:
    """One session at each open place of the schedule, whose turn is its heartbeat."""

    def __init__(self, simulation: Simulation) -> None:
        self._random = simulation.random("content_sessions")
        self._catalog = Catalog(
            simulation.seed,
            simulation.heartbeat_seconds,
            players=PLAYERS if simulation.players_tell else {},
        )
        self._experience = Experience(simulation.seed, simulation.heartbeat_seconds)
        self._period = simulation.heartbeat_seconds * SECOND
        self._story = simulation.story
        self.schedule = simulation.schedule(self._period)
        # filled turn by turn: half a million sessions at once would take seconds
        self._sessions: list[Session | None] = [None] * self.schedule.places
        self._offline = _Offline(self._random, self._catalog, self._period)

    def record(self, time: int, place: int) -> Record:
        return self._beat(time, self._session(time, place), self._troubled(time))

    def late(self, now: int) -> Record:
        return self._beat(*self._offline.beat(now), troubled="")

    def _beat(self, time: int, session: Session, troubled: str) -> Record:
        delivery = session.delivery
        moment = None
        if session.viewer.tells:
            moment = self._experience.moment(
                self._random,
                delivery.rung,
                trouble=delivery.cdn == troubled,
                begins=time == session.begins,
            )
        return heartbeat(time, session, moment, self._period)

    def _session(self, time: int, place: int) -> Session:
        session = self._sessions[place]
        # one whose place was closed in between has been cut off
        if session is None or session.ends <= time or session.beats != time:
            session = self._sessions[place] = begin(
                self._random,
                self._catalog,
                time,
                period=self._period,
                troubled=self._troubled(time),
            )
        elif self._random.random() < _CHANGES:
            session.change(self._random, self._catalog, self._troubled(time))
        session.beats = time + self._period
        return session

    def _troubled(self, time: int) -> str:
        return TROUBLED_CDN if self._story and self._story.is_trouble(time) else ""


class _Offline:
    """Players that were without a network and now send what they kept, minutes to hours late."""

    _PLAYERS = 64

    def __init__(self, random: Random, catalog: Catalog, period: int) -> None:
        self._random = random
        self._catalog = catalog
        self._period = period
        self._players: list[Session] = []

    def beat(self, now: int) -> tuple[int, Session]:
        """Give the next beat of one of them, as (time, session): the session ended before `now`."""
        if len(self._players) < self._PLAYERS:
            self._players.append(self._past(now))
        place = self._random.randrange(len(self._players))
        session = self._players[place]
        time = session.beats
        session.beats += self._period
        if session.beats >= session.ends:
            self._players[place] = self._past(now)
        return time, session

    def _past(self, now: int) -> Session:
        session = begin(self._random, self._catalog, 0, period=self._period)
        session.ends, length = while_ago(self._random, now), session.ends
        session.begins = session.beats = session.ends - length
        return session
