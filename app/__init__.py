"""The composition root: settings, the Faust app, the command line, engines on this machine."""

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import faust

    app: faust.App


def __getattr__(name: str) -> Any:
    # `faust -A app worker` asks for app.app. Built only then: importing this package does nothing.
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from app.errors import EXIT_CODE, warn_of_unknown_variables  # noqa: PLC0415
    from app.worker.roles import create_app  # noqa: PLC0415 - see above
    from config.environment import SettingsError  # noqa: PLC0415
    from config.settings import Settings  # noqa: PLC0415

    warn_of_unknown_variables()
    try:
        built = globals()["app"] = create_app(Settings())
    except SettingsError as error:
        sys.stderr.write(f"Error: {error}\n")
        raise SystemExit(EXIT_CODE) from None
    return built
