"""The Dockerfile and .dockerignore, read as Docker reads what is used of them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.compose.resolving import ROOT


@dataclass(frozen=True)
class Instruction:
    """One instruction, its continued lines joined."""

    word: str
    text: str


def stages() -> list[list[Instruction]]:
    """Give the instructions of each stage; the first of each is its FROM."""
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.startswith("#")).replace("\\\n", " ")
    found: list[list[Instruction]] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        word, rest = line.split(maxsplit=1)
        if word == "FROM":
            found.append([])
        found[-1].append(Instruction(word, re.sub(r"\s+", " ", rest)))
    return found


def texts(stage: list[Instruction], word: str) -> list[str]:
    return [one.text for one in stage if one.word == word]


def words(stage: list[Instruction], word: str) -> list[str]:
    """Give the words of the stage's last ENTRYPOINT, CMD or HEALTHCHECK in its JSON form."""
    text = texts(stage, word)[-1]
    return list(json.loads(text[text.index("[") :]))


def context() -> Iterator[Path]:
    """Give every file of the build context, relative to the repository."""
    for path in sorted(ROOT.iterdir()):
        if _is_sent(path.relative_to(ROOT)):
            files = path.rglob("*") if path.is_dir() else [path]
            inside = (file.relative_to(ROOT) for file in files if not file.is_dir())
            yield from filter(_is_sent, inside)


def _is_sent(path: Path) -> bool:
    sent = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.removeprefix("!")
        if pattern and not line.startswith("#") and _matches(pattern, path):
            sent = line.startswith("!")
    return sent


def _matches(pattern: str, path: Path) -> bool:
    """Say whether the pattern names the path or a folder that it is in. `**/` is any depth."""
    deep = re.escape(pattern).replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")
    return any(re.fullmatch(deep, str(one)) for one in (path, *path.parents) if one != Path())
