"""As many viewers as it takes for a rate: who stops leaves the place to somebody else."""

from generator.clients import Simulation, while_ago
from generator.media_events.forms import FORMS, WAYS, of_content, of_session, write
from generator.media_events.library import Library
from generator.media_events.sessions import Session
from generator.media_events.truth import Row
from generator.people import People, user_id
from generator.records import Record
from generator.times import MINUTE, SECOND

_BETWEEN_EVENTS_SECONDS = 60
_OFFLINE = 64
_DEVICES = 50_000
_SEE_WHAT_IS_NEW = 0.5  # of those who begin while a launch is on


class Viewers:
    """Somebody drawn anew acts at each turn, so a session's events come at irregular times."""

    def __init__(self, simulation: Simulation) -> None:
        self._random = simulation.random("media_events")
        self.schedule = simulation.schedule()
        self._people = People(simulation.seed, simulation.users)
        self._library = Library(simulation.seed)
        self._story = simulation.story
        self._forms = [form for form in FORMS for _ in range(form.weight)]
        viewers = max(1, round(simulation.events_per_second * _BETWEEN_EVENTS_SECONDS))
        # filled as they act: a million sessions at once would take seconds
        self._sessions: list[Session | None] = [None] * viewers
        self._offline: list[tuple[int, Session]] = []

    def record(self, time: int, place: int) -> Record:
        """Let somebody do something. The key is the session's id."""
        del place
        viewer = int(self._random.random() * len(self._sessions))
        session = self._sessions[viewer]
        if session is None or session.done:
            session = self._sessions[viewer] = self._begin(time)
        return self._act(session, time)

    def late(self, now: int) -> Record:
        """Give the next event of a session that was watched without a network."""
        if len(self._offline) < _OFFLINE:
            self._offline.append((while_ago(self._random, now), self._begin()))
        viewer = self._random.randrange(len(self._offline))
        time, session = self._offline[viewer]
        if session.done or time > now - MINUTE:
            time, session = while_ago(self._random, now), self._begin()
        following = time + 1 + int(self._random.expovariate(1 / (_BETWEEN_EVENTS_SECONDS * SECOND)))
        self._offline[viewer] = following, session
        return self._act(session, time)

    def _act(self, session: Session, time: int) -> Record:
        event_type = session.act(self._random.random, time)
        value = write(
            session.form,
            session.told,
            session.watched,
            event_id=self._random.getrandbits(64),
            event_type=event_type.encode(),
            time=time,
            position=session.position,
        )
        content = session.content
        row = Row(time // MINUTE, event_type, content.type, content.id, content.title)
        return Record(session.key, value, session.hash, row)

    def _begin(self, time: int | None = None) -> Session:
        random, library = self._random.random, self._library
        content = library.shelf[int(random() * len(library.shelf))]
        if self._story and time and self._story.is_launch(time) and random() < _SEE_WHAT_IS_NEW:
            content = library.newest
        form = self._forms[int(random() * len(self._forms))]
        user = self._people.somebody(random())
        key = b"%032x" % self._random.getrandbits(128)
        address = library.addresses[user % len(library.addresses)]
        device = int(random() * _DEVICES)
        return Session(
            key,
            content,
            form,
            of_session(form, user=user_id(user), session=key, address=address, device=device),
            of_content(form, content, device % WAYS),
        )
