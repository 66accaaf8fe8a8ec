"""A heartbeat as its player sends it."""

from typing import NamedTuple

from generator.content_sessions.experience import Moment
from generator.content_sessions.sessions import Session
from generator.records import Record
from generator.times import MINUTE, SECOND, rfc3339


class Row(NamedTuple):
    """What an accepted heartbeat adds up to. `minute` counts minutes since 1970.

    `moment` is None for an old player, which says nothing of stalls and the like.
    """

    minute: int
    cdn: str
    asn: int
    kilobits: int
    seconds: int
    moment: Moment | None


def heartbeat(time: int, session: Session, moment: Moment | None, period: int) -> Record:
    """Write one; `time` and `period` are in milliseconds."""
    viewer, delivery = session.viewer, session.delivery
    value = b'{"time":"%b","session_id":"%b",%b,%b%b}' % (
        rfc3339(time),
        session.key,
        viewer.json,
        delivery.json,
        b"," + moment.json if moment else b"",
    )
    row = Row(time // MINUTE, delivery.cdn, viewer.asn, delivery.kilobits, period // SECOND, moment)
    return Record(session.key, value, session.hash, row)
