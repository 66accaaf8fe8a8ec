"""All that is wrong with headrace.yaml, of sinks and of sources, though each stops at its own."""

from dataclasses import dataclass, field

from config.document import DocumentError, path_of
from config.environment import SettingsError
from config.settings import Settings
from sinks.configured import document
from sinks.kinds import kinds as sink_kinds
from sources.configured import configured_sources, stream_of
from sources.kinds import kinds as source_kinds


@dataclass(slots=True)
class Judgement:
    """The sinks' and sources' names, and what is wrong: each line once, in their order."""

    sinks: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    problems: dict[str, None] = field(default_factory=dict)


def judge(settings: Settings) -> Judgement:
    """Judge the file, and look for what its kinds need. Raises nothing for what is wrong in it."""
    found = Judgement()
    for part in (_sinks, _sources):
        try:
            part(settings, found)
        except SettingsError as error:  # not of the file, but of what it is judged by
            found.problems |= dict.fromkeys(str(error).splitlines())
    return found


def _sinks(settings: Settings, found: Judgement) -> None:
    try:
        sinks = document(settings).sinks
    except DocumentError as error:
        found.problems |= dict.fromkeys(error.lines)
        sinks = error.so_far.sinks
    for sink in sinks.values():
        found.sinks.append(sink.name)
        if missing := sink_kinds()[sink.entry.kind].missing:
            place = f"{path_of(settings.config)}, line {sink.line}: sinks.{sink.name}.kind"
            found.problems[f"{place}: {sink.entry.kind} {missing}"] = None


def _sources(settings: Settings, found: Judgement) -> None:
    try:
        sources = configured_sources(settings)
    except DocumentError as error:
        found.problems |= dict.fromkeys(error.lines)
        sources = error.so_far.sources
    for source in sources.values():
        found.sources.append(source.name)
        kind = source_kinds()[source.entry.kind]
        if kind.missing:
            place = f"{path_of(settings.config)}, line {source.line}: sources.{source.name}.kind"
            found.problems[f"{place}: {kind.name} {kind.missing}"] = None
        if not source.entry.stream:  # one that is named was looked for already
            try:
                stream_of(settings, source, kind)
            except SettingsError as error:
                found.problems[str(error)] = None
