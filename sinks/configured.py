"""The sinks that headrace.yaml names, with the kinds that they are of."""

from collections.abc import Mapping

from config.document import ConfiguredSink, Document, load, path_of
from config.environment import SettingsError
from config.settings import Settings
from config.streams import chosen_streams, known_streams
from models.streams import Stream
from sinks.kinds import Flush, SinkKind, kinds


def document(settings: Settings) -> Document:
    """Read headrace.yaml, if there is one. Raises DocumentError with all that is wrong in it."""
    path = path_of(settings.config)
    if path is None:
        return Document({})
    models = {name: kind.options for name, kind in kinds().items()}
    return load(path, models, list(known_streams(settings)))


def configured_sinks(settings: Settings) -> Mapping[str, ConfiguredSink]:
    """Give the sinks by their names, which are also those of their roles. Raises SettingsError."""
    return document(settings).sinks


def kind_of(configured: ConfiguredSink) -> SinkKind:
    """Give the kind of a sink. Raises SettingsError where something has to be installed first."""
    kind = kinds()[configured.entry.kind]
    if kind.missing:
        raise SettingsError(f"sink {configured.name}, of kind {kind.name}, {kind.missing}")
    return kind


def flush_of(configured: ConfiguredSink, kind: SinkKind) -> Flush:
    """Say when the sink is written to: as its entry says, else as its kind does."""
    entry, usual = configured.entry, kind.flush
    return Flush(
        entry.flush_records or usual.records,
        entry.flush_bytes or usual.size_bytes,
        entry.flush_seconds or usual.seconds,
    )


def streams_of(settings: Settings, configured: ConfiguredSink) -> list[Stream]:
    """Give the streams that go to a sink here. Raises SettingsError where none does."""
    wanted = configured.entry.streams
    chosen = [one for one in chosen_streams(settings) if not wanted or one.topic in wanted]
    if not chosen:
        raise SettingsError(
            f"HEADRACE_STREAMS: none of them goes to sink {configured.name}; there are "
            f"{', '.join(wanted)}"
        )
    return chosen
