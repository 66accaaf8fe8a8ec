"""granian with a handler that does nothing, for comparison: `-m benchmarks.granian_alone PORT`."""

from __future__ import annotations

import sys

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from edge.messages import Channel, Scope


class Nothing:
    """Answers every request at once."""

    async def __rsgi__(self, _: Scope, channel: Channel) -> None:
        channel.response_bytes(204, [], b"")


nothing = Nothing()


def main(port: int) -> None:
    """Serve as an edge does, until SIGTERM."""
    Granian(
        "benchmarks.granian_alone:nothing",
        port=port,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        websockets=False,
        backpressure=10_000,
        log_level=LogLevels.warning,
    ).serve()


if __name__ == "__main__":
    main(int(sys.argv[1]))
