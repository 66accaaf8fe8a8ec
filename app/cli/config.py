"""`headrace config`: the file headrace.yaml."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel

from app.cli.config_problems import judge
from config.document import ConfiguredSink, SinkEntry, SourceEntry, path_of
from config.environment import SettingsError
from config.settings import Settings
from sinks.configured import document, flush_of
from sinks.kinds import kinds
from sources.configured import configured_sources
from sources.kinds import kinds as source_kinds

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

# Sources: where events come from besides Kafka clients: `headrace worker --role source-NAME`.
# sources:
#   exchange:
#     kind: coinbase            # needs the internet; docs/guides/sources.md has all kinds
#     products: [BTC-USD, ETH-USD]
"""


@click.group()
def config() -> None:
    """Make, check and show headrace.yaml: sinks beyond PostgreSQL, and sources.

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
    found = judge(settings)
    if found.problems:
        raise SettingsError("\n".join(found.problems))
    if path is None:
        click.echo(
            "there is no headrace.yaml here: PostgreSQL is the only sink. To have others: "
            "headrace config init"
        )
    elif not found.sinks and not found.sources:
        click.echo(f"{path} names no sink and no source: PostgreSQL is the only sink")
    else:
        told = f"{path}: all is well. Sinks: {', '.join(found.sinks) or 'none'}"
        click.echo(f"{told}. Sources: {', '.join(found.sources)}" if found.sources else told)


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
    sources = {
        source.name: {
            **source.entry.model_dump(mode="json", include=set(SourceEntry.model_fields)),
            **source.options.model_dump(mode="json"),
        }
        for source in configured_sources(Settings()).values()
    }
    click.echo(json.dumps({"sinks": shown} | ({"sources": sources} if sources else {}), indent=2))


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
    shared: dict[str, Any] = {}
    sinks = {name: kind.options for name, kind in kinds().items()}
    sources = {name: kind.options for name, kind in source_kinds().items()}
    document_schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "headrace.yaml",
        "type": "object",
        "properties": {
            "sinks": _section(SinkEntry, sinks, shared),
            "sources": _section(SourceEntry, sources, shared),
        },
        "additionalProperties": False,
        "$defs": shared,
    }
    click.echo(json.dumps(document_schema, indent=2))


def _section(
    entry: type[BaseModel], options: Mapping[str, type[BaseModel]], shared: dict[str, Any]
) -> dict[str, Any]:
    """Give the schema of one section; what its kinds refer to goes into `shared`."""
    common = entry.model_json_schema()["properties"]
    found: list[dict[str, Any]] = []
    for name, model in options.items():
        own = model.model_json_schema()
        shared |= own.pop("$defs", {})  # references in it are from the root
        found.append(
            {
                **own,
                "properties": {**common, "kind": {"const": name}, **own.get("properties", {})},
                "required": ["kind", *own.get("required", [])],
                "additionalProperties": False,
            }
        )
    return {"type": "object", "additionalProperties": {"oneOf": found} if found else False}
