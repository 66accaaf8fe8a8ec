"""The composition root: settings, the Faust app, the command line, engines on this machine."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import faust

    app: faust.App


def __getattr__(name: str) -> Any:
    # `faust -A app worker` asks for app.app. Built only then: importing this package does nothing.
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from app.factory import create_app  # noqa: PLC0415 - see above
    from app.settings import Settings  # noqa: PLC0415

    built = globals()["app"] = create_app(Settings())
    return built
