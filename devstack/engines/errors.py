"""What can go wrong with an engine on this machine."""

from config.environment import PlainError


class EngineError(PlainError):
    """An engine could not be had or did not start: the message shows why."""
