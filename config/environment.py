"""Settings from environment variables, whose errors name the variable and never its value.

What somebody pastes into the wrong variable may be a password; an error ends in logs and tickets.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "HEADRACE_"

_READ_ELSEWHERE = (
    # of docker-compose.yml, the dashboards and `headrace grafana deploy`
    "HEADRACE_ALERT_EMAIL",
    "HEADRACE_ALERT_WEBHOOK_URL",
    "HEADRACE_CLICKHOUSE_DATABASE",
    "HEADRACE_CLICKHOUSE_HOST",
    "HEADRACE_CLICKHOUSE_PASSWORD",
    "HEADRACE_CLICKHOUSE_PORT",
    "HEADRACE_CLICKHOUSE_URL",
    "HEADRACE_CLICKHOUSE_USER",
    "HEADRACE_DATABASE_PASSWORD",
    "HEADRACE_EVENTS_PER_SECOND",
    "HEADRACE_GRAFANA_DASHBOARDS",
    "HEADRACE_GRAFANA_TOKEN",
    "HEADRACE_PARQUET_FOLDER",
    "HEADRACE_POSTGRES_DATABASE",
    "HEADRACE_POSTGRES_SSLMODE",
    "HEADRACE_POSTGRES_URL",
    "HEADRACE_PROMETHEUS_URL",
)

_GENERATOR = "HEADRACE_GENERATOR_"
"""So begin those of the generator's own Faust app, which knows them itself."""

_OURS = "Value error, "
"""What pydantic puts before a validator's own words."""

_PLAIN = {
    "Input should be": "expected",
    "String should have": "expected",
    "Tuple should have": "expected",
    "List should have": "expected",
    "String should match pattern": "expected what matches",
    "expected a valid integer": "expected a whole number",
    "expected a valid number": "expected a number",
    "expected a valid string": "expected a text",
    "expected a valid boolean": "expected true or false",
    "expected a valid dictionary": "expected names and values",
    "expected a valid list": "expected a list",
    "expected a valid tuple": "expected a list",
    "expected a valid path": "expected a path",
    "expected greater": "expected a number greater",
    "expected less": "expected a number less",
}
"""Words of pydantic's, and ours for them, one after the other."""


class PlainError(Exception):
    """An everyday mistake: the message says what is wrong and what to do, and is enough."""


class SettingsError(PlainError):
    """Settings are wrong: the message has a line for each, without their values."""


class WrongSettingsError(SettingsError):
    """Some settings are wrong; `fields` says by their names what is."""

    def __init__(self, error: ValidationError, prefix: str) -> None:
        self.fields = _fields(error)
        # what is wrong with several together names them itself
        lines = [
            f"{_variable(name, prefix)}: {words}" if name else words
            for name, words in self.fields.items()
        ]
        super().__init__(listed(lines))


class EnvironmentSettings(BaseSettings):
    """Raises SettingsError, with all that is wrong at once, instead of pydantic's own error."""

    # a variable that is empty counts as not set, as compose passes on those that nobody set
    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True, env_ignore_empty=True)

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            prefix = str(type(self).model_config.get("env_prefix", PREFIX))
            raise WrongSettingsError(error, prefix) from None


def unknown_variables(known: Iterable[str], environment: Iterable[str]) -> list[str]:
    """Write a line for each `HEADRACE_*` variable that nobody reads, with the nearest that is."""
    names = sorted({name.upper().removeprefix(PREFIX) for name in (*known, *_READ_ELSEWHERE)})
    lines = []
    for name in sorted(environment):
        is_ours = name.upper().startswith(PREFIX) and not name.upper().startswith(_GENERATOR)
        rest = name.upper().removeprefix(PREFIX)
        if is_ours and rest not in names:
            nearest = get_close_matches(rest, names, 1)
            hint = (
                f"did you mean {PREFIX}{nearest[0]}?" if nearest else "docs/reference/settings.md"
            )
            lines.append(f"{name} is no setting, and is not read: {hint}")
    return lines


def variables(settings: type[BaseSettings]) -> list[str]:
    """Give the names of the variables that these settings are read from."""
    prefix = str(settings.model_config.get("env_prefix", ""))
    return [
        _variable(str(field.validation_alias or name), prefix)
        for name, field in settings.model_fields.items()
    ]


def unknown_names(setting: str, what: str, names: Iterable[str], known: Iterable[str]) -> str:
    """Say which of a setting's names are unknown, by their places; nothing where all are known."""
    names, known = list(names), sorted(known)
    unknown = [place for place, name in enumerate(names, 1) if name not in known]
    if not unknown:
        return ""
    nearest = {near for place in unknown for near in get_close_matches(names[place - 1], known, 1)}
    hint = f" (did you mean {', '.join(sorted(nearest))}?)" if nearest else ""
    places = ", ".join(map(str, unknown))
    return (
        f"{setting}: no {what} by the name at place {places} of {len(names)}{hint}; "
        f"there are {', '.join(known)}"
    )


def listed(lines: Sequence[str]) -> str:
    """Write what is wrong with one setting as it is, of several as a list."""
    if len(lines) == 1:
        return lines[0]
    return "\n  ".join([f"{len(lines)} settings are wrong:", *lines])


def plain_words(kind: str, message: str) -> str:
    """Say an error of pydantic's, of which these are type and message, in everyday words."""
    if kind == "missing":
        return "is missing"
    words = message.removeprefix(_OURS)
    for theirs, ours in _PLAIN.items():
        words = words.replace(theirs, ours)
    return words.split(", unable to")[0].split(", got a")[0].split(" after validation")[0]


def _fields(error: ValidationError) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in error.errors(include_input=False, include_url=False, include_context=False):
        words = plain_words(one["type"], one["msg"])
        found.setdefault(str(one["loc"][0]) if one["loc"] else "", words)
    return found


def _variable(name: str, prefix: str) -> str:
    return name.upper() if name.upper().startswith(PREFIX) else f"{prefix}{name}".upper()
