"""`headrace status`."""

import time
from pathlib import Path

import click

from app.invocation import invocation
from app.settings import Settings
from app.up.flow import Meter
from app.up.home import Home
from app.up.line import addresses, flow_line
from app.up.up_file import UpFile
from app.up.worker_status import fetch_all

_MEASURED_SECONDS = 2.0


@click.command()
def status() -> None:
    """Print where everything that `headrace up` runs is reached, and what flows now.

    Takes two seconds, in which the rates are measured.
    """
    home = Home(Path(Settings().home).resolve())
    last = UpFile.read(home.up_file)
    if last is None:
        raise click.ClickException(
            "Nothing runs in the folder HEADRACE_HOME (.headrace). "
            f"Start it with: {invocation('up')}"
        )
    click.echo(addresses(last.addresses))
    for process in (last.supervisor, *last.processes):
        state = "runs" if process.identity.process() else "has ended"
        click.echo(f"process   {process.identity.pid:<7} {process.name} {state}")
    meter = Meter()
    meter.measure(fetch_all(last.addresses.web), time.monotonic())
    time.sleep(_MEASURED_SECONDS)
    flow = meter.measure(fetch_all(last.addresses.web), time.monotonic())
    click.echo(f"now       {flow_line(flow)}")
