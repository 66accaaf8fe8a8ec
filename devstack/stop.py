"""Stopping a run from outside, and telling about it."""

from __future__ import annotations

from devstack.place.data_dir import DataDir
from devstack.place.up_file import UpFile
from devstack.processes.stopping import stop_in_order


def stop_run(data_dir: DataDir) -> list[str]:
    """Stop what up.json names; return the names of what still ran."""
    last = UpFile.read(data_dir.up_file)
    if last is None:
        return []
    running = [
        process
        for process in (last.supervisor, *last.processes)
        if process.identity.process() is not None
    ]
    # The supervisor stops the others by itself, in order; only if it is dead are they left to us
    stop_in_order([last.supervisor])
    stop_in_order(last.processes)
    data_dir.up_file.unlink(missing_ok=True)
    return [process.name for process in running]
