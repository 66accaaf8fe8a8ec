"""The decoder that a worker would use, for commands that judge events themselves."""

from __future__ import annotations

from config.settings import Settings
from models.decode import Decoder
from models.streams import Stream
from models.validation import Limits


def decoder(stream: Stream, settings: Settings) -> Decoder:
    limits = Limits(
        skew_seconds=settings.allowed_skew_seconds,
        retention_seconds=settings.retention_days * 86_400,
        event_bytes=settings.event_bytes,
    )
    return Decoder(stream, limits)
