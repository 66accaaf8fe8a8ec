"""The sinks that headrace.yaml names, with the kinds that they are of."""

from collections.abc import Mapping

from config.document import ConfiguredSink, Document, load, path_of
from config.environment import SettingsError
from config.settings import Settings
from config.streams import known_streams
from sinks.kinds import SinkKind, kinds


def document(settings: Settings) -> Document:
    """Read headrace.yaml, if there is one. Raises DocumentError with all that is wrong in it."""
    models = {name: kind.options for name, kind in kinds().items()}
    return load(path_of(settings.config), models, list(known_streams(settings)))


def configured_sinks(settings: Settings) -> Mapping[str, ConfiguredSink]:
    """Give the sinks by their names, which are also those of their roles. Raises SettingsError."""
    return document(settings).sinks


def kind_of(configured: ConfiguredSink) -> SinkKind:
    """Give the kind of a sink. Raises SettingsError where something has to be installed first."""
    kind = kinds()[configured.entry.kind]
    if kind.missing:
        raise SettingsError(f"sink {configured.name}, of kind {kind.name}, {kind.missing}")
    return kind
