"""A released schema stays what it is: docs/reference/schemas.md."""

import json
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app.cli.main import main
from models.all import STREAMS
from models.compatibility import breaking, changes
from models.schema import contracts, document

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "schemas"
RELEASED = [(name, version) for name, stream in STREAMS.items() for version in contracts(stream)]
WORDS = {"$schema", "$id", "$comment", "title", "description"}

NEVER_RELEASED = {
    "f79e93ecc541bbc0080f1351f861f1a2c1a32e3b",
    "c398137878ca4404841e4fc1812c2c0918486f99",
}
"""Steps of one day's work, which gave `current_cdn` 128 characters and took them back."""


@pytest.mark.parametrize(("name", "version"), RELEASED)
def test_a_released_schema_is_what_its_contract_says(name: str, version: str) -> None:
    released = json.loads(path(name, version).read_text(encoding="utf-8"))

    now = document(STREAMS[name], version)

    assert without_words(released) == without_words(now), explain(released, now)


def test_every_file_is_a_released_version() -> None:
    files = {file.relative_to(SCHEMAS) for file in SCHEMAS.rglob("*.*")}

    assert files == {path(*one).relative_to(SCHEMAS) for one in RELEASED}


@pytest.mark.parametrize(("name", "version"), RELEASED)
def test_nothing_that_a_released_schema_once_said_was_broken(name: str, version: str) -> None:
    now = document(STREAMS[name], version)

    for commit, released in history(path(name, version)):
        assert not breaking(released, now), f"{explain(released, now)} (as of commit {commit})"


def versions_in_order() -> Iterator[Any]:
    for name, stream in STREAMS.items():
        for older, newer in pairwise(contracts(stream)):
            yield pytest.param(name, older, newer, id=f"{name} {older} to {newer}")


@pytest.mark.parametrize(("name", "older", "newer"), list(versions_in_order()))
def test_a_minor_version_only_adds_and_a_major_one_breaks(
    name: str, older: str, newer: str
) -> None:
    old, new = (without_version(name, version) for version in (older, newer))

    is_minor = older.partition(".")[0] == newer.partition(".")[0]

    assert bool(breaking(old, new)) is not is_minor, explain(old, new)


@pytest.mark.parametrize(("name", "version"), RELEASED)
def test_the_command_shows_what_is_released(name: str, version: str) -> None:
    shown = CliRunner().invoke(main, ["schema", "show", name, "--version", version])

    assert shown.exit_code == 0
    assert shown.output == path(name, version).read_text(encoding="utf-8")


def test_the_command_lists_every_version_and_says_which_is_newest() -> None:
    listed = CliRunner().invoke(main, ["schema", "list"])

    lines = {line.split()[0]: line.split()[1:] for line in listed.output.splitlines()}
    assert lines.keys() == STREAMS.keys()
    assert lines["media_events"] == ["1.0", "1.1", "2.0", "(newest)"]


def test_the_command_says_which_versions_there_are() -> None:
    shown = CliRunner().invoke(main, ["schema", "show", "media_events", "--version", "9.9"])

    assert shown.exit_code != 0
    assert "only 1.0, 1.1, 2.0" in shown.output


def path(name: str, version: str) -> Path:
    return SCHEMAS / name / f"{version}.json"


def history(file: Path) -> Iterator[tuple[str, Any]]:
    """Give every committed state of a file; none where this is no checkout."""
    place = file.relative_to(ROOT).as_posix()
    for commit in git("log", "--format=%H", "--diff-filter=AM", "--", place).split():
        if commit not in NEVER_RELEASED:
            yield commit, json.loads(git("show", f"{commit}:{place}"))


def git(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments],  # noqa: S607 - wherever it lies
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout


def without_words(said: Any) -> Any:
    match said:
        case dict():
            # a field may be called like a keyword: it holds an object, a keyword holds words
            return {
                key: without_words(inner)
                for key, inner in said.items()
                if not (key in WORDS and isinstance(inner, str))
            }
        case list():
            return [without_words(inner) for inner in said]
    return said


def without_version(name: str, version: str) -> dict[str, Any]:
    """Leave out the field that says the version, which differs by its nature."""
    said, versions = document(STREAMS[name], version), STREAMS[name].versions
    field = versions.name if versions else ""
    return {
        **said,
        "properties": {key: one for key, one in said["properties"].items() if key != field},
        "required": [key for key in said["required"] if key != field],
    }


def explain(old: dict[str, Any], new: dict[str, Any]) -> str:
    found = changes(old, new)
    verdict = "a new major version" if breaking(old, new) else "a new minor version, or new files"
    return f"{'; '.join(map(str, found))}: this needs {verdict}, see docs/reference/schemas.md"
