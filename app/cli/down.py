"""`headrace down`."""

from pathlib import Path

import click

from app.settings import Settings
from app.up.down import stop_run
from app.up.home import Home


@click.command()
@click.option("--erase", is_flag=True, help="Remove the data too, without asking.")
def down(*, erase: bool) -> None:
    """Stop what `headrace up` started on this machine, if it still runs.

    With --erase its data is removed too: Kafka's log, the database, and the logs of all processes.
    """
    home = Home(Path(Settings().home).resolve())
    stopped = stop_run(home)
    click.echo(f"Stopped {', '.join(stopped)}." if stopped else "Nothing was running.")
    if erase:
        size_bytes = home.erase()
        click.echo(
            f"There is no {home.folder} to remove."
            if size_bytes is None
            else f"Removed {home.folder} ({size_bytes / 1e6:,.0f} MB)."
        )
