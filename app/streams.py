"""Which streams this place has, and which of them a worker runs."""

import importlib.util
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from app.settings import Settings
from db.own import OwnSql, files_beside
from models.all import STREAMS
from models.streams import Stream


class StreamsError(ValueError):
    """A setting names what is not there; the message says what is."""


def known_streams(settings: Settings) -> dict[str, Stream]:
    """Give Headrace's streams and those of HEADRACE_STREAM_FILES, shaped by the settings."""
    streams = dict(STREAMS)
    for path in settings.stream_files:
        stream = _load(Path(path))
        if stream.topic in streams:
            raise StreamsError(f"{path}: there is a stream {stream.topic!r} already")
        streams[stream.topic] = stream
    _check(settings.windows_only, streams, "HEADRACE_WINDOWS_ONLY", "stream")
    _check(settings.quiet_streams, streams, "HEADRACE_QUIET_STREAMS", "stream")
    windows = [window.name for stream in streams.values() for window in stream.windows]
    _check(settings.window_seconds, windows, "HEADRACE_WINDOW_SECONDS", "window")
    return {name: _shaped(stream, settings) for name, stream in streams.items()}


def chosen_streams(settings: Settings) -> tuple[Stream, ...]:
    """Give the streams that a worker runs: those of HEADRACE_STREAMS, or all."""
    known = known_streams(settings)
    _check(settings.streams, known, "HEADRACE_STREAMS", "stream")
    return tuple(known[name] for name in settings.streams or known)


def _shaped(stream: Stream, settings: Settings) -> Stream:
    windows = tuple(
        replace(window, seconds=settings.window_seconds.get(window.name, window.seconds))
        for window in stream.windows
    )
    keeps_rows = stream.keeps_rows and stream.topic not in settings.windows_only
    return replace(stream, windows=windows, keeps_rows=keeps_rows)


def _check(names: Iterable[str], known: Iterable[str], setting: str, what: str) -> None:
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise StreamsError(
            f"{setting}: no {what} {', '.join(unknown)}; there are {', '.join(sorted(known))}"
        )


def _load(path: Path) -> Stream:
    spec = importlib.util.spec_from_file_location(f"headrace_stream_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise StreamsError(f"HEADRACE_STREAM_FILES: {path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    stream = getattr(module, "STREAM", None)
    if not isinstance(stream, Stream):
        raise StreamsError(f"{path}: expected STREAM = Stream(...) in it")
    return stream


def own_sql(settings: Settings) -> list[OwnSql]:
    """Give the SQL files beside those of HEADRACE_STREAM_FILES, in the order to run them."""
    found: list[OwnSql] = []
    for path in map(Path, settings.stream_files):
        beside = files_beside(path, _load(path).topic)
        if not beside:
            raise StreamsError(f"{path}: expected its tables in {path.stem}.sql beside it")
        found.extend(beside)
    return found
