"""`headrace config`: the file headrace.yaml."""

import json
from pathlib import Path
from typing import Any

import click

from config.document import ConfiguredSink, SinkEntry, path_of
from config.environment import SettingsError
from config.settings import Settings
from sinks.configured import document, flush_of, kind_of
from sinks.kinds import kinds

_COMMENTED = """\
# Sinks beyond PostgreSQL. Each is a role of its own: `headrace worker --role NAME`.
# What differs by place comes from the environment: ${NAME} or ${NAME:-default}.
# Check it: headrace config check. All options: headrace config schema.
sinks:
  lines:
    kind: file
    path: ${LINES_FOLDER:-.headrace/lines}
    # streams: [purchases]      # all by default
    # start: latest             # begins with what comes next; by default with the earliest record
    # rotate_seconds: 3600
"""


@click.group()
def config() -> None:
    """Make, check and show headrace.yaml: sinks beyond PostgreSQL.

    HEADRACE_CONFIG names another file. Everything runs without one.
    """


@config.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
def init(file: Path | None) -> None:
    """Write a FILE with comments to begin with (headrace.yaml). Never overwrites one."""
    configured = Path(Settings().config or "headrace.yaml")
    file = file or configured
    try:
        with file.open("x", encoding="utf-8") as output:
            output.write(_COMMENTED)
    except FileExistsError:
        raise SettingsError(f"{file} is there already: it stays as it is") from None
    named = "" if file == configured else f"HEADRACE_CONFIG={file} "
    click.echo(f"{file} written. Next: {named}headrace config check")


@config.command()
def check() -> None:
    """Say everything that is wrong, each with its line, and what has to be installed."""
    settings = Settings()
    path = path_of(settings.config)
    found = document(settings)
    for sink in found.sinks.values():
        kind_of(sink)
    if path is None:
        click.echo("there is no headrace.yaml here: PostgreSQL is the only sink")
        return
    click.echo(f"{path}: all is well. Sinks: {', '.join(found.sinks) or 'none'}")


@config.command()
def show() -> None:
    """Print what holds, with defaults and without secrets, as JSON."""
    sinks = document(Settings()).sinks.values()
    shown = {
        sink.name: {
            **sink.entry.model_dump(mode="json", include=set(SinkEntry.model_fields)),
            **_flush(sink),
            **sink.options.model_dump(mode="json"),
        }
        for sink in sinks
    }
    click.echo(json.dumps({"sinks": shown}, indent=2))


def _flush(sink: ConfiguredSink) -> dict[str, float]:
    flush = flush_of(sink, kinds()[sink.entry.kind])
    return {
        "flush_records": flush.records,
        "flush_bytes": flush.size_bytes,
        "flush_seconds": flush.seconds,
    }


@config.command()
def schema() -> None:
    """Print the JSON Schema of headrace.yaml; editors complete and check by it."""
    common = SinkEntry.model_json_schema()["properties"]
    found: list[dict[str, Any]] = []
    shared: dict[str, Any] = {}
    for name, kind in kinds().items():
        own = kind.options.model_json_schema()
        shared |= own.pop("$defs", {})  # references in it are from the root
        found.append(
            {
                **own,
                "properties": {**common, "kind": {"const": name}, **own.get("properties", {})},
                "required": ["kind", *own.get("required", [])],
                "additionalProperties": False,
            }
        )
    document_schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "headrace.yaml",
        "type": "object",
        "properties": {"sinks": {"type": "object", "additionalProperties": {"oneOf": found}}},
        "additionalProperties": False,
        "$defs": shared,
    }
    click.echo(json.dumps(document_schema, indent=2))
