"""Further sinks on the pages of `core`: roles of their own, asked where settings say they are."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.worker.pages.peers import Peers, SilentError
from telemetry.flow import Flow, Meter
from telemetry.worker_status import WorkerStatus


@dataclass(frozen=True, slots=True)
class SinkShown:
    """One worker of a further sink; `silent` says why it told nothing, "" if it did.

    `written_seconds` is how long ago a write was durable, None where none was.
    """

    role: str
    address: str
    silent: str
    flow: Flow = field(default_factory=Flow)
    written_seconds: float | None = None

    @property
    def state(self) -> str:
        """Say what it does or what it waits for."""
        if self.silent:
            return self.silent
        return f"waits: {self.flow.waiting_for}" if self.flow.waiting_for else "stores"


async def ask(peers: Peers, sinks: Mapping[str, str], now: float) -> Sequence[SinkShown]:
    """Ask each sink's address for its status, all at once; `now` is seconds since 1970."""
    return await asyncio.gather(*(_ask(peers, role, at, now) for role, at in sinks.items()))


async def _ask(peers: Peers, role: str, address: str, now: float) -> SinkShown:
    try:
        status = await peers.ask_one(address, WorkerStatus, "/status/")
    except SilentError as error:
        return SinkShown(role, address, str(error))
    flow = Meter().measure([status], now)
    written = None if flow.stored_at is None else max(0.0, now - flow.stored_at)
    return SinkShown(role, address, "", flow, written)
