"""Simulated playback clients: a seeded, pure core, a fast producer, and their own Faust app."""

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import faust

    app: faust.App


def __getattr__(name: str) -> Any:
    # `faust -A generator worker` asks for generator.app. Built only then: see app/__init__.py.
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from config.environment import SettingsError  # noqa: PLC0415
    from generator.faust_app import create_app  # noqa: PLC0415 - see above
    from generator.settings import Settings  # noqa: PLC0415

    try:
        built = globals()["app"] = create_app(Settings())
    except SettingsError as error:
        sys.stderr.write(f"Error: {error}\n")
        raise SystemExit(2) from None
    return built
