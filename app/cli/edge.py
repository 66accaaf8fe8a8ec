"""`headrace edge`."""

import os

import click

from config.edge_settings import EdgeSettings
from config.extras import require
from config.settings import Settings
from config.streams import chosen_streams


@click.command()
@click.option("--host", help="Where to listen; HEADRACE_EDGE_HOST, or 127.0.0.1.")
@click.option("--port", type=click.IntRange(1, 65_535), help="HEADRACE_EDGE_PORT, or 8080.")
@click.option("--workers", type=click.IntRange(1, 256), help="Processes; by default one.")
def edge(host: str | None, port: int | None, workers: int | None) -> None:
    """Take events over HTTP, judge them, and send the good ones to Kafka.

    POST /v1/events/STREAM takes an object, an array, or JSON Lines, and answers 202 when Kafka has
    them. Start as many as you like: an edge keeps no state that matters.
    """
    require("confluent_kafka", "granian", "zstandard")
    for name, value in (("HOST", host), ("PORT", port), ("WORKERS", workers)):
        if value is not None:  # the processes of the edge read the same
            os.environ[f"HEADRACE_EDGE_{name}"] = str(value)
    settings = EdgeSettings()
    chosen_streams(Settings())  # told here what is wrong, before processes start
    from edge.server import serve  # noqa: PLC0415 - of the extra `edge`

    click.echo(f"The edge listens at http://{settings.host}:{settings.port}")
    serve(settings)
