"""`headrace grafana`."""

import os
from contextlib import closing
from urllib.parse import urlsplit

import click

from config.extras import NotInstalledError, installing


@click.group()
def grafana() -> None:
    """Dashboards, data sources and alerts in a Grafana that runs elsewhere.

    The Grafana of `docker compose up` has them already: this is for one of your own.
    """


@grafana.command()
@click.option(
    "--url",
    envvar="HEADRACE_GRAFANA_URL",
    required=True,
    show_envvar=True,
    help="Address that Grafana is opened with, such as https://grafana.example.org",
)
@click.option(
    "--token",
    envvar="HEADRACE_GRAFANA_TOKEN",
    required=True,
    show_envvar=True,
    help="Token of a service account with the role Admin. Better in the environment: others on "
    "this machine can see a command's options.",
)
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option(
    "--passwords",
    is_flag=True,
    help="Write the passwords of data sources that are there already, too.",
)
def deploy(*, url: str, token: str, dry_run: bool, passwords: bool) -> None:
    """Put Headrace's dashboards into your Grafana.

    Makes the folder Headrace, the data sources, the dashboards and the alert rules, or brings them
    up to date. Run it as often as you like: the second time it changes nothing. It touches nothing
    that it did not make; who is told of an alert (contact points, notification policies) stays
    yours.

    \b
    The data sources need to know, from the environment:
      HEADRACE_POSTGRES_URL       host:port of PostgreSQL, as Grafana reaches it
      HEADRACE_READER_PASSWORD    of the role headrace_reader
      HEADRACE_PROMETHEUS_URL     http://host:port, as Grafana reaches Prometheus
    and, where they differ from what stands here:
      HEADRACE_POSTGRES_DATABASE  headrace
      HEADRACE_POSTGRES_SSLMODE   require (or disable, verify-ca, verify-full)
      HEADRACE_CLICKHOUSE_HOST    not set: no ClickHouse. With it the same with
                                  _PORT, _USER, _DATABASE, _PASSWORD at its end

    \b
    First look, then do (more: docs/guides/grafana-deploy.md):
      export HEADRACE_GRAFANA_URL=https://grafana.example.org
      export HEADRACE_GRAFANA_TOKEN=glsa_...
      headrace grafana deploy --dry-run
      headrace grafana deploy
    """  # noqa: D301 - click wants the control character
    _check(url, token)
    try:
        from grafana.deploy import files, run  # noqa: PLC0415 - an extra
        from grafana.deploy.edge import Grafana  # noqa: PLC0415
        from grafana.deploy.errors import DeployError  # noqa: PLC0415
    except ImportError as error:
        raise click.ClickException(str(_not_installed(error))) from None
    with closing(Grafana(url, token)) as there:
        try:
            actions = run.plan(there, files.read(os.environ), passwords=passwords)
            if dry_run:
                run.show(actions, click.echo)
            else:
                run.deploy(there, actions, click.echo)
        except DeployError as error:
            raise click.ClickException(str(error)) from None


def _check(url: str, token: str) -> None:
    """Refuse what would end up in an error message of a library, with the secret in it."""
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname)
        is_address = is_address and (parts.port or 1) > 0
    except ValueError:
        is_address = False
    if not is_address:
        raise click.BadParameter("expected http://host:port or https://host", param_hint="--url")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise click.BadParameter(
            "only the address: who you are is said by the token", param_hint="--url"
        )
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise click.BadParameter(
            "a token is one word of ASCII letters; is there a line break in it?",
            param_hint="--token",
        )


def _not_installed(error: ImportError) -> NotInstalledError:
    return NotInstalledError(
        f"{error.name} is not installed. It comes with an extra, in a checkout of Headrace: "
        + installing("grafana")
    )
