"""Paths as people write them: with a ~, or as an address where a folder is meant."""

import re
from pathlib import Path

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")


def expanded(path: str) -> str:
    """Put the home folder in the place of a ~. Raises ValueError where nobody has that name."""
    if not path.startswith("~"):
        return path
    try:
        return str(Path(path).expanduser())
    except RuntimeError:
        raise ValueError("there is no such user as it begins with") from None


def is_address(path: str) -> bool:
    """Say whether this is no folder: `gs://b`, or `s3:/b`, which has a slash too few."""
    return "://" in path or _SCHEME.match(path) is not None
