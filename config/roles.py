"""Names of roles: `core`, each further sink by its name, and `source-NAME` for each source."""

from collections.abc import Iterable

from config.environment import SettingsError

CORE = "core"
SOURCE = "source-"
"""Begins the role of a source, so that none is mistaken for a sink's."""


def source_role(name: str) -> str:
    """Give the role of a source of headrace.yaml."""
    return f"{SOURCE}{name}"


def check_role(role: str, roles: Iterable[str]) -> None:
    """Raise SettingsError where there is no such role; `roles` are those besides `core`."""
    names = [CORE, *roles]
    if role not in names:
        raise SettingsError(
            f"--role or HEADRACE_ROLE: no such role; there are {', '.join(names)} "
            "(a role for each sink and source of headrace.yaml)"
        )
