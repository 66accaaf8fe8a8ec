"""The `headrace` command. Each subcommand is a module of this package."""

from app.cli.main import main

__all__ = ["main"]
