"""Visitors: a few of them are behind most of what happens."""

from zlib import crc32

from generator.clients import Simulation, while_ago
from generator.people import People, user_id
from generator.records import Record
from generator.times import MINUTE, rfc3339
from generator.user_activity.site import Site
from generator.user_activity.truth import Row

_VIEWS, _CLICKS = 0.55, 0.85  # the rest scrolls


class Visitors:
    """Each event is of a user drawn anew; what is clicked or scrolled is the page last viewed."""

    def __init__(self, simulation: Simulation) -> None:
        self._random = simulation.random("user_activity")
        self.schedule = simulation.schedule()
        self._people = People(simulation.seed, simulation.users)
        self._site = Site(simulation.seed)
        self._viewed: dict[int, bytes] = {}
        self._late: dict[int, bytes] = {}

    def record(self, time: int, place: int) -> Record:
        del place
        return self._record(time, self._viewed)

    def late(self, now: int) -> Record:
        return self._record(while_ago(self._random, now), self._late)

    def _record(self, time: int, viewed: dict[int, bytes]) -> Record:
        random, site = self._random.random, self._site
        user, draw = self._people.somebody(random()), random()
        page, element = viewed.get(user), b"null"
        if draw < _VIEWS or page is None:
            page = viewed[user] = site.pages[int(random() * len(site.pages))]
            event_type = "view"
        elif draw < _CLICKS:
            element = site.elements[int(random() * len(site.elements))]
            event_type = "click"
        else:
            event_type = "scroll"
        key = user_id(user)
        value = _EVENT % (
            rfc3339(time),
            self._random.getrandbits(64),
            key,
            event_type.encode(),
            page,
            element,
            site.devices[user % len(site.devices)],
            self._people.country(user).code.encode(),
        )
        return Record(key, value, crc32(key), Row(time // MINUTE, user, event_type))


_EVENT = (
    b'{"event_time":"%b","event_id":"%016x","user_id":"%b","event_type":"%b","page":%b,'
    b'"element":%b,"device":%b,"country":"%b"}'
)
