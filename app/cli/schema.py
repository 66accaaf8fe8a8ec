"""`headrace schema list` and `headrace schema show`."""

import json

import click

from config.settings import Settings
from config.streams import known_streams
from models.schema import contracts, document
from models.streams import Stream


@click.group()
def schema() -> None:
    """Tell what events look like, as JSON Schema: docs/reference/schemas.md."""


@schema.command("list")
def list_() -> None:
    """Say which versions of each stream's events are released, the newest last."""
    streams = _streams()
    width = max(map(len, streams))
    for name, stream in streams.items():
        *older, newest = contracts(stream)
        click.echo(f"{name:{width}}  {' '.join([*older, f'{newest} (newest)'])}")


@schema.command()
@click.argument("stream")
@click.option("--version", help="A released version; the newest if not given.")
def show(stream: str, version: str | None) -> None:
    """Print the JSON Schema (draft 2020-12) of a STREAM's events.

    To release a version: headrace schema show STREAM --version V > schemas/STREAM/V.json
    """
    streams = _streams()
    if stream not in streams:
        raise click.BadParameter(f"no stream {stream!r}, only {', '.join(streams)}")
    released = list(contracts(streams[stream]))
    chosen = version or released[-1]
    if chosen not in released:
        raise click.BadParameter(
            f"{stream} has no version {chosen!r}, only {', '.join(released)}",
            param_hint="--version",
        )
    click.echo(json.dumps(document(streams[stream], chosen), indent=2))


def _streams() -> dict[str, Stream]:
    return known_streams(Settings())
