"""What happened before a run: days with their rhythm, and what each panel of a dashboard is for.

Times are in milliseconds since 1970, hours of the day in UTC. Pure: the same end, the same story.
"""

from dataclasses import dataclass

from generator.profiles import PROFILES, Profile
from generator.times import DAY, HOUR, MINUTE

TROUBLED_CDN = "Fastly"
"""Has a bad evening: its players step down, and many of them leave it."""

CUT_OFF = "market_ticks"
"""The stream whose connection was away for an hour: what was traded then was never seen."""

_LAUNCH_HOUR, _LAUNCH_LENGTH, _OR_LAUNCHED_BEFORE = 17, 2 * HOUR, 15 * HOUR
_TROUBLE_HOUR, _TROUBLE_LENGTH, _OR_TROUBLED_BEFORE = 20, 2 * HOUR, 12 * HOUR
_CUT_OFF_BEFORE, _CUT_OFF_LENGTH = 9 * HOUR, HOUR
_LONGEST_AGO = 23 * HOUR
_SEAM = 2 * HOUR  # so long the rhythm takes to arrive at the rate that the run begins with
_CALM = 0.4  # of a day's ups and downs: the traffic of one CDN must fit into its capacity
_WATCHED = frozenset({"content_sessions", "media_events"})
_LAUNCHED = 1.25
_WEEKEND = {
    "content_sessions": 1.1,
    "media_events": 1.25,
    "user_activity": 0.8,
    "purchases": 1.2,
    "market_ticks": 0.45,
}
_EARLIER = {"user_activity": 4 * HOUR, "purchases": 3 * HOUR, "market_ticks": 5 * HOUR}
"""By how much a stream's busiest time lies before that of the viewers."""

_SATURDAY = 5
_THURSDAY = 3  # 1 January 1970


@dataclass(frozen=True, slots=True)
class Story:
    """The time up to `end`, where a run begins."""

    end: int

    def profile(self, stream: str) -> Profile:
        """Give how busy a stream was, around 1."""
        most = (1 + _CALM * (PROFILES["daily"].most - 1)) * max(1.0, _WEEKEND[stream])
        return Profile(lambda time: self.factor(stream, time), most * _LAUNCHED)

    def factor(self, stream: str, time: int) -> float:
        """Give what the wanted rate of a stream is multiplied with."""
        daily = PROFILES["daily"].factor(time + _EARLIER.get(stream, 0))
        factor = 1 + _CALM * (daily - 1)
        if (time // DAY + _THURSDAY) % 7 >= _SATURDAY:
            factor *= _WEEKEND[stream]
        if stream in _WATCHED and self.is_launch(time):
            factor *= _LAUNCHED
        near = min(1.0, max(0, self.end - time) / _SEAM)
        return 1 + (factor - 1) * near

    def is_launch(self, time: int) -> bool:
        """Say whether everybody wants to see what came out just then."""
        begin = self._last(_LAUNCH_HOUR, _LAUNCH_LENGTH, _OR_LAUNCHED_BEFORE)
        return begin <= time < begin + _LAUNCH_LENGTH

    def is_trouble(self, time: int) -> bool:
        """Say whether TROUBLED_CDN is slow."""
        begin = self._last(_TROUBLE_HOUR, _TROUBLE_LENGTH, _OR_TROUBLED_BEFORE)
        return begin <= time < begin + _TROUBLE_LENGTH

    def is_cut_off(self, stream: str, time: int) -> bool:
        """Say whether nothing of a stream arrives."""
        begin = self.end // HOUR * HOUR - _CUT_OFF_BEFORE
        return stream == CUT_OFF and begin <= time < begin + _CUT_OFF_LENGTH

    def _last(self, hour: int, length: int, otherwise: int) -> int:
        """Give the latest such hour that was over some minutes before the end.

        Where that is a day ago, so that a past of a day had not the whole of it, give `otherwise`
        before the end.
        """
        latest = self.end - length - 30 * MINUTE
        begin = (latest - hour * HOUR) // DAY * DAY + hour * HOUR
        return begin if self.end - begin < _LONGEST_AGO else self.end // HOUR * HOUR - otherwise
