"""The stylesheet, the script and the icon, read once; their addresses change with their content."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PREFIX = "/pages"
_FOLDER = Path(__file__).parent / "static"
_KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class File:
    """What is served, and its Content-Type."""

    content: bytes
    kind: str


def static_files() -> Mapping[str, File]:
    """Read them, by name."""
    return {
        path.name: File(path.read_bytes(), _KINDS[path.suffix])
        for path in sorted(_FOLDER.iterdir())
        if path.suffix in _KINDS
    }


def addresses(files: Mapping[str, File]) -> Mapping[str, str]:
    """Give an address for each: browsers may keep what is there for ever."""
    return {
        name: f"{PREFIX}/{name}?v={hashlib.sha256(file.content).hexdigest()[:12]}"
        for name, file in files.items()
    }
