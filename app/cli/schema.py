"""`headrace schema list` and `headrace schema show`."""

import json

import click

from models.all import STREAMS
from models.schema import contracts, document


@click.group()
def schema() -> None:
    """Tell what events look like, as JSON Schema: docs/schemas.md."""


@schema.command("list")
def list_() -> None:
    """Say which versions of each stream's events are released, the newest last."""
    width = max(map(len, STREAMS))
    for name, stream in STREAMS.items():
        *older, newest = contracts(stream)
        click.echo(f"{name:{width}}  {' '.join([*older, f'{newest} (newest)'])}")


@schema.command()
@click.argument("stream", type=click.Choice(list(STREAMS)))
@click.option("--version", help="A released version; the newest if not given.")
def show(stream: str, version: str | None) -> None:
    """Print the JSON Schema (draft 2020-12) of a STREAM's events.

    To release a version: headrace schema show STREAM --version V > schemas/STREAM/V.json
    """
    released = list(contracts(STREAMS[stream]))
    chosen = version or released[-1]
    if chosen not in released:
        raise click.BadParameter(
            f"{stream} has no version {chosen!r}, only {', '.join(released)}",
            param_hint="--version",
        )
    click.echo(json.dumps(document(STREAMS[stream], chosen), indent=2))
