"""headrace.yaml: which sinks this place has beyond PostgreSQL, and which sources.

Everything runs without the file. What differs by place comes from the environment, inside the file
too: `${NAME}` and `${NAME:-default}`. All errors are found at once, each with its line.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from config.environment import SettingsError, plain_words

_BEGUN = "${"
# a default ends before another `${`: looked through to the end from each, a long text takes hours
_VARIABLE = re.compile(
    r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>(?:(?!\$\{)[^}])*))?\}"
)
_NAME = r"^[a-z][a-z0-9-]{0,30}$"
_SECTIONS = ("sinks", "sources")
_TAKEN = ("core", "edge", "generator")
"""What other processes are called on their metrics, which tell sinks apart by their names."""

_MOST_BYTES = 1_048_576
_MOST_VALUES = 10_000
_DEEPEST = 20

Where = tuple[str | int, ...]
"""The path of a value in the document, like ("sinks", "archive", "kind")."""


Model = TypeVar("Model", bound=BaseModel)
_Models = Mapping[str, type[BaseModel]]
_Named = tuple[Any, Any, _Models]
"""An entry's name, what stands there, and the kinds that it may be of."""


class DocumentError(SettingsError):
    """What is wrong with headrace.yaml: every error, a line each.

    `so_far` has the sinks and sources that are good by themselves, so that the rest can be judged.
    """

    def __init__(self, *lines: str, so_far: "Document | None" = None) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines
        self.so_far = so_far or Document({})


class SinkEntry(BaseModel):
    """What every sink has, whatever its kind; the kind's own options stand beside."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)

    kind: Annotated[str, Field(description="which kind of sink: `headrace config schema`")]
    streams: Annotated[
        tuple[str, ...],
        Field(description="which streams go there; all by default"),
        BeforeValidator(lambda said: said.split(",") if isinstance(said, str) else said),
    ] = ()
    start: Annotated[
        Literal["earliest", "latest"],
        Field(description="where a sink that is new begins to read"),
    ] = "earliest"
    flush_records: Annotated[
        int | None, Field(ge=1, le=10_000_000, description="write at the latest at this many")
    ] = None
    flush_bytes: Annotated[
        int | None, Field(ge=1_024, le=2**31, description="or when the records weigh this much")
    ] = None
    flush_seconds: Annotated[
        float | None, Field(gt=0, le=3_600, description="or after so long")
    ] = None


@dataclass(frozen=True, slots=True)
class ConfiguredSink:
    """One sink of the document: its name, which is its role's, and its options, judged."""

    name: str
    entry: SinkEntry
    options: BaseModel
    line: int = 1
    """Where it stands in the document."""


class SourceEntry(BaseModel):
    """What every source has, whatever its kind; the kind's own options stand beside."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)

    kind: Annotated[str, Field(description="which kind of source: `headrace config schema`")]
    stream: Annotated[
        str, Field(description="where its events go; a kind made for one stream knows it")
    ] = ""
    silence_seconds: Annotated[
        float | None,
        Field(ge=0.1, le=86_400, description="silence for so long is a failure: opened again"),
    ] = None
    commit_seconds: Annotated[
        float, Field(gt=0, le=60, description="events are seen after this time at the latest")
    ] = 0.2
    buffer_bytes: Annotated[
        int, Field(ge=65_536, le=2**30, description="what may wait; more, and reading waits")
    ] = 16 * 1024 * 1024
    records_per_second: Annotated[
        float | None, Field(gt=0, le=1e7, description="not more than these; no limit by default")
    ] = None


@dataclass(frozen=True, slots=True)
class ConfiguredSource:
    """One source of the document: its name and its options, judged."""

    name: str
    entry: SourceEntry
    options: BaseModel
    line: int = 1
    """Where it stands in the document."""


@dataclass(frozen=True, slots=True)
class Document:
    """What headrace.yaml says; empty where there is none."""

    sinks: Mapping[str, ConfiguredSink]
    sources: Mapping[str, ConfiguredSource] = field(default_factory=dict)


Kinds = Mapping[str, type[BaseModel]] | None
"""Options of each kind; None where these entries are for somebody else to judge."""


def path_of(config: str) -> Path | None:
    """Say which file it is: the one that HEADRACE_CONFIG names, or headrace.yaml if it is here."""
    if config:
        return Path(config)
    return here if (here := Path("headrace.yaml")).is_file() else None


def load(
    path: Path | None,
    kinds: Kinds,
    streams: Sequence[str],
    environment: Mapping[str, str] = os.environ,
    *,
    source_kinds: Kinds = None,
) -> Document:
    """Read the file; the options are those of each kind of sink and source. Raises DocumentError.

    Entries whose kinds are not given are left out, unjudged.
    """
    if path is None:
        return Document({})
    try:
        if path.is_dir():
            raise DocumentError(f"{path}: is a folder; name the file in it")
        if not path.is_file():
            raise DocumentError(f"{path}: there is no such file")
        if path.stat().st_size > _MOST_BYTES:
            raise DocumentError(f"{path}: larger than {_MOST_BYTES} bytes")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError(f"{path}: cannot be read ({type(error).__name__})") from error
    return parse(text, str(path), kinds, streams, environment, source_kinds=source_kinds)


def parse(
    text: str,
    name: str,
    kinds: Kinds,
    streams: Sequence[str],
    environment: Mapping[str, str],
    *,
    source_kinds: Kinds = None,
) -> Document:
    """Judge a document. Raises DocumentError with every error in it."""
    if len(text) > _MOST_BYTES:
        raise DocumentError(f"{name}: larger than {_MOST_BYTES} bytes")
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "this is no YAML"
        raise DocumentError(f"{name}{line}: {problem}") from None
    except RecursionError:
        raise DocumentError(f"{name}: nested too deeply") from None
    reader = _Reader(name, kinds, source_kinds, streams, environment)
    return reader.document(root)


class _Reader:
    """Collects errors instead of stopping at the first."""

    def __init__(
        self,
        name: str,
        kinds: Kinds,
        source_kinds: Kinds,
        streams: Sequence[str],
        environment: Mapping[str, str],
    ) -> None:
        self._name = name
        self._kinds = kinds
        self._source_kinds = source_kinds
        self._streams = streams
        self._environment = environment
        self._lines: dict[Where, int] = {}
        self._errors: list[str] = []
        self._unset: set[Where] = set()

    def document(self, root: yaml.Node | None) -> Document:
        values = self._value(root, ()) if root is not None else {}
        if not isinstance(values, dict):
            self._wrong((), "expected `sinks:` or `sources:` with a name for each below it")
            values = {}
        for name in values.keys() - set(_SECTIONS):
            self._wrong((name,), f"unknown; {_nearest(str(name), _SECTIONS)}")
        sinks = [self._sink(*one) for one in self._named(values, "sinks", self._kinds)]
        sources = [self._source(*one) for one in self._named(values, "sources", self._source_kinds)]
        found = Document(
            {sink.name: sink for sink in sinks if sink},
            {source.name: source for source in sources if source},
        )
        if self._errors:
            raise DocumentError(*self._errors, so_far=found)
        return found

    def _named(self, values: Mapping[Any, Any], section: str, kinds: Kinds) -> list[_Named]:
        found = {} if values.get(section) is None else values[section]
        if not isinstance(found, dict):
            self._wrong((section,), f"expected a name for each {section[:-1]}")
            return []
        if kinds is None:
            return []
        return [(name, value, kinds) for name, value in found.items()]

    def _sink(self, name: Any, value: Any, kinds: _Models) -> ConfiguredSink | None:
        where: Where = ("sinks", name)
        is_named = _is_name(name) and name not in _TAKEN and not name.startswith("source-")
        if not is_named:
            self._wrong(
                where,
                "a sink's name has lower-case letters, digits and -, and is none of "
                f"{', '.join(_TAKEN)} and source-...",
            )
        entry, options = self._judged(SinkEntry, value, where, kinds)
        if not is_named or entry is None or options is None:
            return None
        return ConfiguredSink(name, entry, options, self._lines[where])

    def _source(self, name: Any, value: Any, kinds: _Models) -> ConfiguredSource | None:
        where: Where = ("sources", name)
        is_named = _is_name(name)
        if not is_named:
            self._wrong(where, "a source's name has lower-case letters, digits and -")
        entry, options = self._judged(SourceEntry, value, where, kinds)
        if not is_named or entry is None or options is None:
            return None
        return ConfiguredSource(name, entry, options, self._lines[where])

    def _judged(
        self, model: type[Model], value: Any, where: Where, kinds: _Models
    ) -> tuple[Model | None, BaseModel | None]:
        """Judge what all entries have and what this kind has, each though the other is wrong."""
        if not isinstance(value, dict):
            self._wrong(where, "expected `kind:` and its options")
            return None, None
        entry = self._valid(model, value, where, model)
        for place, stream in _streams_in(value, model):
            self._known_stream(stream, (*where, *place))
        kind = value.get("kind")
        if not isinstance(kind, str):
            return entry, None
        options = self._options(model, kind, value, where, kinds)
        # with a variable that is not set it is not what it will be
        return entry, None if self._is_known(where) else options

    def _known_stream(self, stream: str, where: Where) -> None:
        if stream not in self._streams and not self._is_known(where):
            self._wrong(where, f"no such stream; {_nearest(stream, self._streams)}")

    def _options(
        self, common: type[BaseModel], kind: str, value: Any, where: Where, kinds: _Models
    ) -> BaseModel | None:
        model = kinds.get(kind)
        if model is None:
            what = str(where[0])[:-1]
            self._wrong((*where, "kind"), f"no such kind of {what}; {_nearest(kind, list(kinds))}")
            return None
        own = {key: one for key, one in value.items() if key not in common.model_fields}
        return self._valid(model, own, where, common)

    def _valid(
        self, model: type[Model], value: Any, where: Where, common: type[BaseModel]
    ) -> Model | None:
        try:
            return model.model_validate(value)
        except ValidationError as error:
            names = [*model.model_fields, *common.model_fields]
            for item in error.errors(include_url=False, include_input=False):
                place = (*where, *item["loc"])
                if self._is_known(place):
                    continue
                if item["type"] == "extra_forbidden":
                    self._wrong(place, f"unknown option; {_nearest(str(place[-1]), names)}")
                else:
                    self._wrong(place, plain_words(item["type"], item["msg"]))
            return None

    def _is_known(self, place: Where) -> bool:
        """Say whether it is wrong for want of a variable, which was told already."""
        return any(
            unset[: len(place)] == place or place[: len(unset)] == unset for unset in self._unset
        )

    def _value(self, node: yaml.Node, where: Where) -> Any:
        """Give a node's value, with variables put in, and remember its lines."""
        self._lines[where] = node.start_mark.line + 1
        if len(self._lines) > _MOST_VALUES or len(where) > _DEEPEST:
            # an alias may stand for millions of values, or for itself
            raise DocumentError(f"{self._name}: too large or nested too deeply")
        if isinstance(node, yaml.MappingNode):
            return dict(self._members(node, where))
        if isinstance(node, yaml.SequenceNode):
            return [self._value(one, (*where, place)) for place, one in enumerate(node.value)]
        if not _is_plain(node.value):
            self._wrong(where, "has a character that no file and no server takes")
            return None
        if _BEGUN in node.value:
            return self._with_variables(node.value, where)
        try:
            return yaml.SafeLoader("").construct_object(node, deep=True)
        # what PyYAML raises of values that look like a date, a number or a tag and are none
        except (yaml.YAMLError, ValueError, LookupError, TypeError, AttributeError):
            self._wrong(where, "this cannot be read; put it in quotes to have it as it is")
            return None

    def _members(self, node: yaml.MappingNode, where: Where) -> Iterator[tuple[Any, Any]]:
        seen: set[Any] = set()
        for key, value in node.value:
            name = key.value
            if not isinstance(key, yaml.ScalarNode):
                self._lines[*where, "?"] = key.start_mark.line + 1
                self._wrong((*where, "?"), "expected a name")
                continue
            if name in seen:
                self._lines[*where, name] = key.start_mark.line + 1
                self._wrong((*where, name), "is there twice")
            seen.add(name)
            yield name, self._value(value, (*where, name))

    def _with_variables(self, written: str, where: Where) -> str:
        """Put variables in. What they hold is a text, never read as YAML: it may be a password."""
        defaults = "".join(found["default"] or "" for found in _VARIABLE.finditer(written))
        if _BEGUN in _VARIABLE.sub("", written) + defaults:
            self._wrong(where, "expected ${NAME} or ${NAME:-default}, without another inside")
            return written
        return _VARIABLE.sub(lambda found: self._variable(found, where), written)

    def _variable(self, found: re.Match[str], where: Where) -> str:
        name, default = found["name"], found["default"]
        value = self._environment.get(name) or default
        if value is None:
            self._wrong(where, f"environment variable {name} is not set")
            self._unset.add(where)
            return ""
        return value

    def _wrong(self, where: Where, problem: str) -> None:
        known = where
        while known and known not in self._lines:
            known = known[:-1]
        line = self._lines.get(known, 1)
        path = ".".join(map(str, where))
        self._errors.append(f"{self._name}, line {line}: {path + ': ' if path else ''}{problem}")


def _streams_in(value: Mapping[Any, Any], model: type[BaseModel]) -> Iterator[tuple[Where, str]]:
    """Give the names of streams in an entry, and where in it they stand."""
    if "stream" in model.model_fields and isinstance(one := value.get("stream"), str) and one:
        yield ("stream",), one
    several = value.get("streams") if "streams" in model.model_fields else None
    names = several.split(",") if isinstance(several, str) else several
    for index, name in enumerate(names if isinstance(names, list) else ()):
        if isinstance(name, str):
            yield ("streams", index), name


def _is_plain(written: str) -> bool:
    """Say whether it has none of what only an escape sequence of YAML can write, like NUL."""
    return "\0" not in written and not any("\ud800" <= one <= "\udfff" for one in written)


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and re.fullmatch(_NAME, name) is not None


def _nearest(name: str, names: Sequence[str]) -> str:
    """Say which name was meant, or which there are."""
    near = get_close_matches(name, names, n=1)
    return f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(set(names)))}"
