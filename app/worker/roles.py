"""The roles: what may fail by itself is one, with a process and a consumer group of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import faust

from app.worker.factory import create_core
from config.environment import SettingsError
from config.settings import Settings


@dataclass(frozen=True, slots=True)
class Role:
    """One part of the work: what it is, for people, and how its worker is built."""

    about: str
    build: Callable[[Settings], faust.App]


ROLES: Mapping[str, Role] = {
    "core": Role("raw rows, windows, dead letters and positions to PostgreSQL", create_core),
}


def create_app(settings: Settings) -> faust.App:
    """Build a worker of the role that the settings name. Connects to nothing until it is started.

    Raises SettingsError where there is no such role.
    """
    return role(settings).build(settings)


def role(settings: Settings) -> Role:
    """Give the role that the settings name. Raises SettingsError where there is none."""
    if settings.role not in ROLES:
        raise SettingsError(f"HEADRACE_ROLE: no such role; there are {', '.join(ROLES)}")
    return ROLES[settings.role]
