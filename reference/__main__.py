"""`make generate`: writes every file that is made from code; `--check` only says which differ."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import click
from pydantic import BaseModel

from config.edge_settings import EdgeSettings
from config.settings import Settings
from db.dictionary import read
from generator.settings import Settings as GeneratorSettings
from grafana.generated import generated as grafana_files
from grafana.writing import write
from models.all import STREAMS
from models.schema import contracts, document
from reference import data, metrics, settings
from reference.temporary_database import temporary_database

ROOT = Path(__file__).parents[1]
_PAGES = ROOT / "docs" / "reference"


def generated() -> dict[Path, str]:
    """Give every generated file with its text; starts a PostgreSQL for what the database knows."""
    with temporary_database() as dsn:
        relations, functions = asyncio.run(read(dsn))
    groups: dict[str, type[BaseModel]] = {
        "Workers and commands": Settings,
        "The edge (`headrace edge`)": EdgeSettings,
        "The generator as a Faust app (`faust -A generator worker`)": GeneratorSettings,
    }
    return {
        _PAGES / "data.md": data.page(STREAMS, relations, functions),
        _PAGES / "metrics.md": metrics.page(),
        _PAGES / "settings.md": settings.page(groups),
        **_new_schemas(),
        **grafana_files(),
    }


def _new_schemas() -> dict[Path, str]:
    """Give the schemas of versions that are not released yet: a released file is never edited."""
    files = {
        ROOT / "schemas" / name / f"{version}.json": document(stream, version)
        for name, stream in STREAMS.items()
        for version in contracts(stream)
    }
    return {
        path: json.dumps(schema, indent=2) + "\n"
        for path, schema in files.items()
        if not path.exists()
    }


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 where a file differs.")
def main(*, check: bool) -> None:
    """Write reference pages, schemas, dashboards and alert rules from the code."""
    write(generated(), ROOT, check=check, command="make generate")


if __name__ == "__main__":
    main()
