"""The roles: what may fail by itself is one, with a process and a consumer group of its own.

`core` stores to PostgreSQL; each sink that headrace.yaml names is a role of its name. A source's is
no Faust app: `source_process.py`.
"""

import faust

from app.worker.factory import create_core
from app.worker.sink_factory import create_sink_worker
from config.environment import SettingsError
from config.roles import CORE, SOURCE, check_role
from config.settings import Settings
from sinks.configured import configured_sinks, kind_of


def create_app(settings: Settings) -> faust.App:
    """Build a worker of the role that the settings name. Connects to nothing until it is started.

    Raises SettingsError where there is no such role.
    """
    if settings.role == CORE:
        return create_core(settings)
    if settings.role.startswith(SOURCE):
        raise SettingsError(
            f"HEADRACE_ROLE: a source is no Faust app: headrace worker --role {settings.role}"
        )
    sinks = configured_sinks(settings)
    check_role(settings.role, sinks, settings.config)
    configured = sinks[settings.role]
    return create_sink_worker(settings, configured, kind_of(configured))
