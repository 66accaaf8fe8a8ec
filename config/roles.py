"""Names of roles: `core`, and each further sink."""

from collections.abc import Iterable

from config.environment import SettingsError

CORE = "core"


def check_role(role: str, sinks: Iterable[str]) -> None:
    """Raise SettingsError where there is no such role."""
    names = [CORE, *sinks]
    if role not in names:
        raise SettingsError(
            f"HEADRACE_ROLE: no such role; there are {', '.join(names)} "
            "(a role for each sink of headrace.yaml)"
        )
