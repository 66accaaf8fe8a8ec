"""A viewer's session with one content: it plays, is paused and played on, and stops.

The position never goes back within a play. A viewer who seeks does so while the player is paused:
the next `play` then starts at another position than the `pause` before it told, and that is how a
seek looks, since the event has no type for it.
"""

from collections.abc import Callable
from zlib import crc32

from generator.media_events.forms import Form
from generator.media_events.library import Content

_STOPS = 0.25  # of those who play, when they do something
_LEAVES = 0.2  # of those who paused
_SEEKS = 0.2
_RESUMES = 0.15  # of all sessions: at where the viewer had left off

Uniform = Callable[[], float]


class Session:
    """One session, `done` once it has stopped.

    `position` is in milliseconds. `told` and `watched` are what its events repeat, as finished
    JSON; only the first is its own, since there may be a million sessions.
    """

    __slots__ = ("_at", "_state", "content", "form", "hash", "key", "position", "told", "watched")

    def __init__(
        self, key: bytes, content: Content, form: Form, told: bytes, watched: bytes
    ) -> None:
        self.key = key
        self.hash = crc32(key)
        self.content = content
        self.form = form
        self.told = told
        self.watched = watched
        self.position = 0
        self._state = ""
        self._at = 0

    @property
    def done(self) -> bool:
        return self._state == "stop"

    def act(self, uniform: Uniform, time: int) -> str:
        """Say what the viewer does at a time, in milliseconds: play, pause or stop."""
        if self._state == "play":
            self._state = self._while_it_plays(uniform, time)
        elif self._state == "pause":
            self._state = self._while_paused(uniform)
        else:
            if uniform() < _RESUMES:
                self._seek(uniform)
            self._state = "play"
        self._at = time
        return self._state

    def _while_it_plays(self, uniform: Uniform, time: int) -> str:
        end = self.content.duration_ms
        self.position = min(self.position + time - self._at, end)
        return "stop" if self.position == end or uniform() < _STOPS else "pause"

    def _while_paused(self, uniform: Uniform) -> str:
        draw = uniform()
        if draw < _LEAVES:
            return "stop"
        if draw < _LEAVES + _SEEKS:
            self._seek(uniform)
        return "play"

    def _seek(self, uniform: Uniform) -> None:
        self.position = int(uniform() * self.content.duration_ms)
