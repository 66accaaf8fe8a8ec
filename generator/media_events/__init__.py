"""Viewers who play, pause and stop, with players of several ages: all versions of the event."""

from generator.media_events.spoiled import KINDS
from generator.media_events.truth import MediaWindows
from generator.media_events.viewers import Viewers

__all__ = ["KINDS", "MediaWindows", "Viewers"]
