"""docs/reference/settings.md, from the settings themselves. Pure."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

_HEAD = """# Settings

<!-- Made by `make generate` from the settings in config/ and generator/. -->

Environment variables. Each has a default that suits one machine; a command says which of them are
wrong, all at once. Secrets (the database's address, passwords) are never printed.
"""


def page(groups: Mapping[str, type[BaseModel]]) -> str:
    """Write the page: a table for each group, `groups` being settings by their title."""
    return "\n".join([_HEAD, *(line for group in groups.items() for line in _table(*group))])


def _table(title: str, settings: type[BaseModel]) -> Iterator[str]:
    yield from (f"## {title}", "", "| variable | default | meaning |", "|---|---|---|")
    prefix = str(settings.model_config.get("env_prefix", ""))
    for name, info in settings.model_fields.items():
        variable = str(info.validation_alias or f"{prefix}{name.upper()}")
        yield f"| `{variable}` | {_default(info)} | {info.description or ''} |"
    yield ""


def _default(info: FieldInfo) -> str:
    default: Any = info.default
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if default in (None, "", (), {}):
        return ""
    if isinstance(default, tuple | list):
        return f"`{','.join(map(str, default))}`"
    return f"`{json.dumps(default)}`" if isinstance(default, dict) else f"`{default}`"
