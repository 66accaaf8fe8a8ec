"""Whether a process lives and whether it is ready, with reasons."""

from collections.abc import Sequence
from typing import Protocol


class Health(Protocol):
    """What /livez and /readyz ask. Each reason is a sentence for people; none means yes."""

    def not_live(self) -> Sequence[str]:
        """Say what no longer makes progress, so that the process should be started again."""
        ...

    def not_ready(self) -> Sequence[str]:
        """Say what is missing before the process does its work; it may come by itself."""
        ...
