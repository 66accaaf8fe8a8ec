"""`python -m tests.sinks.delta.careless_writer PLACE SEED [unguarded]`: writes until killed.

What tests/sinks/parquet/careless_writer.py does, with a sink of this kind.
"""

import asyncio
import json
import sys
from functools import partial

from sinks.delta.sink import DeltaSink
from tests.sinks.delta.sinks import sink_in
from tests.sinks.parquet.careless_writer import main


async def _never(*_: object) -> bool:
    """In the place of the look at the positions: a commit goes on top of whatever is there."""
    return False


if __name__ == "__main__":
    if "unguarded" in sys.argv:
        DeltaSink._is_stored = _never  # type: ignore[method-assign,assignment] # noqa: SLF001 - the control
    asyncio.run(main(partial(sink_in, json.loads(sys.argv[1])), int(sys.argv[2])))
