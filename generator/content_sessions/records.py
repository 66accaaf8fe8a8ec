"""A heartbeat as its player sends it."""

from typing import NamedTuple

from generator.content_sessions.sessions import Session
from generator.records import Record
from generator.times import MINUTE, rfc3339


class Row(NamedTuple):
    """What an accepted heartbeat adds up to. `minute` counts minutes since 1970."""

    minute: int
    cdn: str
    asn: int
    kilobits: int


def heartbeat(time: int, session: Session) -> Record:
    viewer, delivery = session.viewer, session.delivery
    value = b'{"time":"%b","session_id":"%b",%b,%b}' % (
        rfc3339(time),
        session.key,
        viewer.json,
        delivery.json,
    )
    row = Row(time // MINUTE, delivery.cdn, viewer.asn, delivery.kilobits)
    return Record(session.key, value, session.hash, row)
