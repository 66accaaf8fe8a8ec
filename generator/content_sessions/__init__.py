"""Players that send a heartbeat every ten seconds."""

from generator.content_sessions.players import Players
from generator.content_sessions.spoiled import KINDS
from generator.content_sessions.truth import TrafficWindows

__all__ = ["KINDS", "Players", "TrafficWindows"]
