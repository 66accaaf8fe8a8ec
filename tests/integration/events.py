"""Heartbeats as players send them, with what has to become of them."""

from datetime import UTC, datetime, timedelta

from tests.models import records


def heartbeat(time: str | datetime | None = None, **fields: object) -> bytes:
    """Make the JSON of seed 000, with `fields` in place of its own."""
    return records.heartbeat(time or datetime.now(UTC), **fields)


def minute_of(time: datetime) -> datetime:
    return time.replace(second=0, microsecond=0)


def ago(**span: float) -> datetime:
    return datetime.now(UTC) - timedelta(**span)
