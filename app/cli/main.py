"""The group that all subcommands belong to."""

import click

from app.cli.dictionary import dictionary
from app.cli.doctor import doctor
from app.cli.down import down
from app.cli.engines import engines
from app.cli.epoch import epoch
from app.cli.generate import generate
from app.cli.grafana import grafana
from app.cli.migrate import migrate
from app.cli.psql import psql
from app.cli.recompute import recompute
from app.cli.schema import schema
from app.cli.send import send
from app.cli.status import status
from app.cli.storage import storage
from app.cli.up import up
from app.cli.worker import worker


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="headrace")
def main() -> None:
    """Turn what clients do into exact per-minute numbers.

    `headrace up` runs everything on this machine and shows live numbers; the other commands are its
    parts. Settings come from HEADRACE_* environment variables: docs/operations.md lists them.
    """


main.add_command(up)
main.add_command(status)
main.add_command(storage)
main.add_command(down)
main.add_command(psql)
main.add_command(send)
main.add_command(doctor)
main.add_command(dictionary)
main.add_command(engines)
main.add_command(epoch)
main.add_command(generate)
main.add_command(grafana)
main.add_command(migrate)
main.add_command(recompute)
main.add_command(schema)
main.add_command(worker)
