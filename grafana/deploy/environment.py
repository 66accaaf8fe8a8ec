"""Environment variables in provisioning files: `$NAME` or `${NAME}`, and `$$` for a `$`."""

import re
from collections.abc import Mapping
from typing import Any

_VARIABLE = re.compile(r"\$(?:(?P<dollar>\$)|(?P<name>\w+)|\{(?P<braced>\w+)\})")


def expand(value: Any, environ: Mapping[str, str]) -> tuple[Any, tuple[str, ...]]:
    """Put the variables into every string of a tree; name those that are not set, which stay."""
    unset: dict[str, None] = {}

    def one(found: re.Match[str]) -> str:
        name = found["name"] or found["braced"]
        if name and name not in environ:
            unset[name] = None
            return found[0]
        return environ[name] if name else "$"

    def tree(value: Any) -> Any:
        if isinstance(value, str):
            return _VARIABLE.sub(one, value)
        if isinstance(value, dict):
            return {key: tree(of) for key, of in value.items()}
        if isinstance(value, list):
            return [tree(of) for of in value]
        return value

    return tree(value), tuple(unset)
