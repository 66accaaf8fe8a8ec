"""The streams that Headrace brings, by name."""

from collections.abc import Mapping

from models.content_sessions import CONTENT_SESSIONS
from models.market_ticks import MARKET_TICKS
from models.media_events import MEDIA_EVENTS
from models.purchases import PURCHASES
from models.streams import Stream
from models.user_activity import USER_ACTIVITY

STREAMS: Mapping[str, Stream] = {
    stream.topic: stream
    for stream in (CONTENT_SESSIONS, MEDIA_EVENTS, USER_ACTIVITY, PURCHASES, MARKET_TICKS)
}
