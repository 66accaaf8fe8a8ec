"""Files that are made from code: written where they differ, or only told of."""

import sys
from collections.abc import Mapping
from pathlib import Path

import click


def write(files: Mapping[Path, str], root: Path, *, check: bool, command: str) -> None:
    """Write those that differ. With `check` only name them, and `command`, and exit with 1."""
    different = [
        (path, text)
        for path, text in files.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path, text in different:
        click.echo(f"{path.relative_to(root)} {'differs' if check else 'written'}")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if check and different:
        click.echo(f"Run: {command}")
        sys.exit(1)
