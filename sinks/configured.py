"""The sinks that headrace.yaml names, with the kinds that they are of."""

from collections.abc import Iterator, Mapping, Sequence

from config.document import ConfiguredSink, Document, DocumentError, load, path_of
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
    streams = known_streams(settings)
    lines: tuple[str, ...] = ()
    try:
        found = load(path, models, list(streams))
    except DocumentError as error:
        found, lines = error.so_far, error.lines
    places = {name: _place(sink) for name, sink in found.sinks.items()}
    problems = [
        f"{path}, line {sink.line}: sinks.{sink.name}.{problem}"
        for sink in found.sinks.values()
        for problem in [*_against_streams(sink, streams), *_in_one_place(sink, found, places)]
    ]
    if lines or problems:
        raise DocumentError(*lines, *problems, so_far=found)
    return found


def _against_streams(sink: ConfiguredSink, streams: Mapping[str, Stream]) -> Sequence[str]:
    check = kinds()[sink.entry.kind].check
    mine = [topic for topic in sink.entry.streams or streams if topic in streams]
    return () if check is None else check(sink.options, [streams[topic] for topic in mine])


def _in_one_place(
    sink: ConfiguredSink, found: Document, places: Mapping[str, str | None]
) -> Iterator[str]:
    """Say which sink before this one stores the same stream in the same place."""
    place = places[sink.name]
    for other in found.sinks.values():
        if other is sink:
            return
        if place is not None and places[other.name] == place and _share_a_stream(sink, other):
            yield (
                f"kind: stores where {other.name} does ({place}), of which only one could go on: "
                "give it another place, or other `streams`"
            )


def _share_a_stream(one: ConfiguredSink, other: ConfiguredSink) -> bool:
    mine, others = set(one.entry.streams), set(other.entry.streams)
    return not mine or not others or bool(mine & others)


def _place(sink: ConfiguredSink) -> str | None:
    place = kinds()[sink.entry.kind].place
    return None if place is None else place(sink.options)


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


def streams_here(settings: Settings, configured: ConfiguredSink) -> list[Stream]:
    """Give those of the streams that run here which go to a sink, if any does."""
    wanted = configured.entry.streams
    return [one for one in chosen_streams(settings) if not wanted or one.topic in wanted]


def streams_of(settings: Settings, configured: ConfiguredSink) -> list[Stream]:
    """Give the streams that go to a sink here. Raises SettingsError where none does."""
    chosen = streams_here(settings, configured)
    if not chosen:
        raise SettingsError(
            f"HEADRACE_STREAMS: none of them goes to sink {configured.name}; there are "
            f"{', '.join(configured.entry.streams)}"
        )
    return chosen
