"""What a person asks of `headrace up`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """With a duration (seconds) the run ends by itself, drains, and compares.

    `history` is how much of the past, in seconds, the first run fills before it goes live.
    `open_page` shows the first worker's page in the browser.
    """

    workers: int = 1
    events_per_second: float = 2_000.0
    duration: float | None = None
    kill_worker: bool = False
    seed: int = 1
    history: float = 86_400.0
    open_page: bool = False
