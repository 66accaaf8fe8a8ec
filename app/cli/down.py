"""`headrace down`."""

from pathlib import Path

import click

from config.settings import Settings
from devstack.place.data_dir import DataDir
from devstack.stop import stop_run


@click.command()
@click.option("--erase", is_flag=True, help="Remove the data too, without asking.")
def down(*, erase: bool) -> None:
    """Stop what `headrace up` started on this machine, if it still runs.

    With --erase its data is removed too: Kafka's log, the database, and the logs of all processes.
    """
    data_dir = DataDir(Path(Settings().home).resolve())
    stopped = stop_run(data_dir)
    click.echo(f"Stopped {', '.join(stopped)}." if stopped else "Nothing was running.")
    if erase:
        size_bytes = data_dir.erase()
        click.echo(
            f"There is no {data_dir.folder} to remove."
            if size_bytes is None
            else f"Removed {data_dir.folder} ({size_bytes / 1e6:,.0f} MB)."
        )
