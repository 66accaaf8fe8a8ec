"""Settings that cannot be read: each is a line, and the rest is looked at with its default."""

from __future__ import annotations

from collections.abc import Iterator

from config.environment import SettingsError, WrongSettingsError
from config.roles import check_role
from config.settings import Settings
from config.streams import StreamsError, chosen_streams
from doctor.finding import Finding
from models.all import STREAMS
from sinks.configured import configured_sinks, kind_of
from sources.configured import configured_sources, stream_of
from sources.configured import kind_of as kind_of_source


def readable() -> tuple[Settings, list[Finding]]:
    """Read what can be read. No value is repeated in a finding: it may be a password."""
    try:
        return Settings(), []
    except WrongSettingsError as error:
        wrong = {name.lower().removeprefix("headrace_"): it for name, it in error.fields.items()}
    # as arguments, since those go before the environment
    defaults = {name: Settings.model_fields[name].default for name in wrong}
    findings = [
        Finding(
            "settings",
            f"HEADRACE_{name.upper()}: {words}",
            "correct it; below its default is looked at",
        )
        for name, words in wrong.items()
    ]
    settings = Settings(**defaults)
    settings.model_fields_set.difference_update(defaults)  # nobody has named them
    return settings, findings


def topics(settings: Settings) -> tuple[list[str], Iterator[Finding]]:
    """Give the full names of the topics that a worker here reads."""
    try:
        streams = [stream.topic for stream in chosen_streams(settings)]
        found: list[Finding] = []
    except (StreamsError, OSError, ImportError, SyntaxError, TypeError) as error:
        streams = list(STREAMS)
        found = [Finding("settings", str(error), "correct it; below all five streams are taken")]
    return [settings.topic(name) for name in streams], iter(found)


def sinks(settings: Settings) -> Iterator[Finding]:
    """Judge headrace.yaml, what is needed for it, and the role that a worker here has."""
    try:
        configured = configured_sinks(settings)
        sources = configured_sources(settings)
        check_role(settings.role, [*configured, *sources], settings.config)
        for source in sources.values():
            stream_of(settings, source, kind_of_source(source))
        for sink in configured.values():
            kind_of(sink)
    except (SettingsError, OSError, ImportError) as error:
        yield Finding("sinks", str(error), "correct it: headrace config check")
        return
    if configured:
        yield Finding("sinks", ", ".join(configured))
