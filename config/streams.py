"""Which streams this place has, and which of them a worker runs."""

import importlib.util
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from config.environment import SettingsError, listed, unknown_names
from config.settings import Settings
from db.user_sql import OwnSql, files_beside
from models.all import STREAMS
from models.streams import Stream

_FILES = "HEADRACE_STREAM_FILES"


class StreamsError(SettingsError):
    """A setting names what is not there; the message says what is, and quotes nothing."""


def known_streams(settings: Settings) -> dict[str, Stream]:
    """Give Headrace's streams and those of HEADRACE_STREAM_FILES, shaped by the settings."""
    streams = dict(STREAMS)
    for place, path in enumerate(settings.stream_files, 1):
        stream = _load(Path(path), _place(place, settings))
        if stream.topic in streams:
            raise StreamsError(
                f"{_place(place, settings)}: there is a stream {stream.topic!r} already"
            )
        streams[stream.topic] = stream
    _check(settings, streams)
    return {name: _shaped(stream, settings) for name, stream in streams.items()}


def chosen_streams(settings: Settings) -> tuple[Stream, ...]:
    """Give the streams that a worker runs: those of HEADRACE_STREAMS, or all."""
    known = known_streams(settings)
    return tuple(known[name] for name in settings.streams or known)


def _shaped(stream: Stream, settings: Settings) -> Stream:
    windows = tuple(
        replace(window, seconds=settings.window_seconds.get(window.name, window.seconds))
        for window in stream.windows
    )
    keeps_rows = stream.keeps_rows and stream.topic not in settings.windows_only
    try:
        return replace(stream, windows=windows, keeps_rows=keeps_rows)
    except (
        TypeError
    ) as error:  # a sum that has room for a minute's events may have none for a day's
        raise StreamsError(f"HEADRACE_WINDOW_SECONDS: {error}") from error


def _check(settings: Settings, streams: Mapping[str, Stream]) -> None:
    windows = [window.name for stream in streams.values() for window in stream.windows]
    wrong = [
        unknown_names("HEADRACE_STREAMS", "stream", settings.streams, streams),
        unknown_names("HEADRACE_WINDOWS_ONLY", "stream", settings.windows_only, streams),
        unknown_names("HEADRACE_QUIET_STREAMS", "stream", settings.quiet_streams, streams),
        unknown_names("HEADRACE_WINDOW_SECONDS", "window", settings.window_seconds, windows),
    ]
    if any(wrong):
        raise StreamsError(listed(list(filter(None, wrong))))


def _load(path: Path, place: str) -> Stream:
    spec = importlib.util.spec_from_file_location(f"headrace_stream_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise StreamsError(f"{place}: expected a Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except TypeError as error:  # what a declaration is refused with
        raise StreamsError(f"{place}: {error}") from error
    except SyntaxError as error:
        raise StreamsError(f"{place}, line {error.lineno}: {error.msg}") from error
    except Exception as error:  # it is somebody's own program
        raise StreamsError(f"{place}: {type(error).__name__}: {error}") from error
    stream = getattr(module, "STREAM", None)
    if not isinstance(stream, Stream):
        raise StreamsError(f"{place}: expected STREAM = Stream(...) in it")
    return stream


def _place(place: int, settings: Settings) -> str:
    return f"{_FILES}, file {place} of {len(settings.stream_files)}"


def user_sql(settings: Settings) -> list[OwnSql]:
    """Give the SQL files beside those of HEADRACE_STREAM_FILES, in the order to run them."""
    found: list[OwnSql] = []
    for place, path in enumerate(map(Path, settings.stream_files), 1):
        beside = files_beside(path, _load(path, _place(place, settings)).topic)
        if not beside:
            raise StreamsError(
                f"{_place(place, settings)}: expected its tables beside it, in a file of the same "
                "name that ends in .sql"
            )
        found.extend(beside)
    return found
