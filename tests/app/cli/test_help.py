"""Every command's help fits a terminal of 80 columns."""

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from app.cli.main import main

_COLUMNS = 80


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        for name, one in command.commands.items():
            yield from commands(one, (*path, name))


@pytest.mark.parametrize(
    "path", [pytest.param(path, id=" ".join(path) or "headrace") for path in commands(main)]
)
def test_help_fits_the_terminal(path: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(main, [*path, "--help"], terminal_width=_COLUMNS)

    assert shown.exit_code == 0, shown.output
    assert [line for line in shown.output.splitlines() if len(line) > _COLUMNS] == []
