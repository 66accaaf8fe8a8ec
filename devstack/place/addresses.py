"""Where a command finds the broker and the database: no port has to be copied."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from config.settings import Settings
from devstack.place.data_dir import DataDir
from devstack.place.up_file import UpFile


@dataclass(frozen=True, slots=True)
class Place:
    """An address, and who named it: a variable, a running `headrace up`, or nobody."""

    address: str
    named_by: str
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class Places:
    """The broker, as host:port, and the database, as a DSN that may hold a password."""

    broker: Place
    database: Place

    @classmethod
    def find(cls, settings: Settings) -> Places:
        """Take what a variable says, else what `headrace up` runs here, else the default."""
        file = DataDir(Path(settings.home).resolve()).up_file
        runs = UpFile.running(file)
        kafka, postgres = (runs.addresses.kafka, runs.addresses.postgres) if runs else ("", "")
        return cls(
            _place("broker", settings.broker, settings, kafka),
            _place("database", settings.database.get_secret_value(), settings, postgres),
        )


def _place(name: str, said: str, settings: Settings, runs: str) -> Place:
    variable = f"HEADRACE_{name.upper()}"
    if name in settings.model_fields_set:
        return Place(said, variable)
    if runs:
        return Place(runs, f"headrace up in {settings.home}")
    return Place(said, f"no {variable}, and no headrace up runs here", is_default=True)


def without_password(dsn: str) -> tuple[str, str | None]:
    """Split a DSN into one without a password, for eyes and process lists, and the password."""
    parts = urlsplit(dsn)
    user, _, hosts = parts.netloc.rpartition("@")
    name, _, password = user.partition(":")
    asked = parse_qsl(parts.query, keep_blank_values=True)
    in_query = dict(asked).get("password")
    left = urlencode([(key, value) for key, value in asked if key != "password"], quote_via=quote)
    netloc = f"{name}@{hosts}" if name else hosts
    found = unquote(password) or in_query or None
    return urlunsplit((parts.scheme, netloc, parts.path, left, parts.fragment)), found


def as_user(dsn: str, user: str) -> str:
    """Name another user in a DSN; a password goes with the one that it was for."""
    parts = urlsplit(without_password(dsn)[0])
    hosts = parts.netloc.rpartition("@")[2]
    left = [(key, value) for key, value in parse_qsl(parts.query) if key != "user"]
    return urlunsplit(
        parts._replace(netloc=f"{user}@{hosts}", query=urlencode(left, quote_via=quote))
    )
