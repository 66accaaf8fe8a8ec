"""`headrace status`."""

import time
from pathlib import Path

import click

from config.invocation import invocation
from config.settings import Settings
from devstack.measure.sinks import SinkMeters
from devstack.measure.ways_in import WaysIn
from devstack.measure.worker_status import fetch_all
from devstack.place.data_dir import DataDir
from devstack.place.replay_notes import notes
from devstack.place.up_file import UpFile
from devstack.screen.plain_text import addresses, flow_line, sink_line, way_in_line
from devstack.screen.wrapped import wrapped
from telemetry.flow import Meter

_MEASURED_SECONDS = 2.0


@click.command()
def status() -> None:
    """Print where everything that `headrace up` runs is reached, and what flows now.

    A line for each further sink too: what it stores and waits for, and its last write. And one for
    each source and the edge: what they bring in, miss and refuse. And one for each replay that was
    begun here and is not at its end.

    Takes two seconds, in which the rates are measured.
    """
    data_dir = DataDir(Path(Settings().home).resolve())
    last = UpFile.read(data_dir.up_file)
    if last is None:
        raise click.ClickException(
            "Nothing runs in the folder HEADRACE_HOME (.headrace). "
            f"Start it with: {invocation('up')}"
        )
    click.echo(wrapped(addresses(last.addresses)))
    for process in (last.supervisor, *last.processes):
        state = "runs" if process.identity.process() else "has ended"
        click.echo(f"process   {process.identity.pid:<7} {process.name} {state}")
    places, meter, sinks, ways_in = last.addresses, Meter(), SinkMeters(), WaysIn()
    meter.measure(fetch_all(places.web), time.monotonic())
    sinks.measure(places.sinks)
    ways_in.measure(places)
    time.sleep(_MEASURED_SECONDS)
    flow = meter.measure(fetch_all(places.web), time.monotonic())
    click.echo(wrapped(f"now       {flow_line(flow)}"))
    for role, sink in sinks.measure(places.sinks).items():
        click.echo(wrapped(f"sink      {sink_line(role, sink, time.time())}"))
    for name, way_in in ways_in.measure(places).items():
        click.echo(wrapped(f"way in    {way_in_line(name, way_in, time.time())}"))
    for note in notes(data_dir):
        click.echo(wrapped(f"replay    {note.line}"))
