"""Names of roles: `core`, each further sink by its name, and `source-NAME` for each source."""

from collections.abc import Iterable
from difflib import get_close_matches

from config.document import path_of
from config.environment import SettingsError

CORE = "core"
SOURCE = "source-"
"""Begins the role of a source, so that none is mistaken for a sink's."""


def source_role(name: str) -> str:
    """Give the role of a source of headrace.yaml."""
    return f"{SOURCE}{name}"


def check_role(role: str, roles: Iterable[str], config: str) -> None:
    """Raise SettingsError where there is no such role; `roles` are those besides `core`.

    `config` is the setting that may name the file which they are from.
    """
    names = [CORE, *roles]
    if role in names:
        return
    near = get_close_matches(role, names, 1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    file = path_of(config)
    why = (
        f"a role for each sink and source of {file}"
        if file
        else "sinks and sources have roles by headrace.yaml, and there is none here: "
        "headrace config init"
    )
    raise SettingsError(
        f"--role or HEADRACE_ROLE: no such role {role!r}{hint}; there are {', '.join(names)} "
        f"({why})"
    )
