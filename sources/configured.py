"""The sources that headrace.yaml names, with the kinds that they are of."""

from collections.abc import Mapping

from config.document import ConfiguredSource, load, path_of
from config.environment import SettingsError
from config.roles import source_role
from config.settings import Settings
from config.streams import known_streams
from models.streams import Stream
from sources.kinds import SourceKind, kinds


def configured_sources(settings: Settings) -> Mapping[str, ConfiguredSource]:
    """Give the sources by the names of their roles. Raises SettingsError."""
    path = path_of(settings.config)
    if path is None:
        return {}
    models = {name: kind.options for name, kind in kinds().items()}
    found = load(path, None, list(known_streams(settings)), source_kinds=models)
    return {source_role(name): source for name, source in found.sources.items()}


def kind_of(configured: ConfiguredSource) -> SourceKind:
    """Give the kind of a source. Raises SettingsError where something has to be installed first."""
    kind = kinds()[configured.entry.kind]
    if kind.missing:
        raise SettingsError(f"source {configured.name}, of kind {kind.name}, {kind.missing}")
    return kind


def stream_of(settings: Settings, configured: ConfiguredSource, kind: SourceKind) -> Stream:
    """Give the stream that its events go to. Raises SettingsError where none is named."""
    name = configured.entry.stream or kind.stream
    if not name:
        raise SettingsError(
            f"{path_of(settings.config)}, line {configured.line}: sources.{configured.name}.stream:"
            f" say which stream its events go to; a source of kind {kind.name} fits any"
        )
    return known_streams(settings)[name]
