"""Records as they are sent, each with what it must become."""

from typing import NamedTuple

from generator.sessions import Session
from generator.times import MINUTE, rfc3339
from models.dead_letters import Reason


class Row(NamedTuple):
    """What an accepted record adds up to. `minute` counts minutes since 1970."""

    minute: int
    cdn: str
    asn: int
    kilobits: int


Outcome = Row | Reason


class Record(NamedTuple):
    key: bytes
    value: bytes | None
    hash: int
    outcome: Outcome


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
