"""What can go wrong with an engine on this machine."""


class EngineError(Exception):
    """An engine could not be had or did not start: the message shows why."""
