"""Named statements out of a `.sql` file: `-- name: what it does`, then the statement."""

import re
from pathlib import Path

_NAMED = re.compile(r"^-- (?P<name>\w+): .*$", re.MULTILINE)


def load(path: Path) -> dict[str, str]:
    """Read the statements of a file, by name."""
    text = path.read_text(encoding="utf-8")
    found = list(_NAMED.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    return {
        match["name"]: text[match.start() : end].strip()
        for match, end in zip(found, ends, strict=True)
    }
