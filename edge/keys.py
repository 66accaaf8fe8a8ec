"""API keys: only their hashes are kept. The file is read again when it has changed."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from config.environment import PlainError

logger = logging.getLogger(__name__)

_BYTES = 32

EXPECTED = {
    "name": "1 to 64 letters, digits, and . _ @ -",
    "sha256": "64 digits 0-9 a-f, the hash that headrace edge --new-key NAME prints",
    "streams": "a list of streams' names, or [] for all",
    "events_per_second": "a whole number, 0 for any number",
}
"""What the members of a key have to be, in words."""


class ApiKey(BaseModel):
    """Whom a key belongs to and what it may do. Without `streams`: all of them."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: Annotated[str, Field(pattern=r"^[\w.@-]{1,64}$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    streams: tuple[str, ...] = ()
    events_per_second: Annotated[int, Field(ge=0)] = 0


class KeysError(PlainError):
    """The keys cannot be read: the message says where, and quotes nothing."""


@dataclass(slots=True)
class KeyRing:
    """The keys of an edge; an empty one lets everybody in."""

    written: str
    file: Path | None
    _by_hash: Mapping[str, ApiKey] = field(default_factory=dict, init=False)
    _read: tuple[int, ...] = field(default=(), init=False)

    @property
    def is_empty(self) -> bool:
        return not self.written and self.file is None

    def load(self) -> None:
        """Read all keys. Raises KeysError."""
        keys = parse(self.written, "HEADRACE_EDGE_KEYS") if self.written else []
        if self.file is not None:
            self._read = self._state()
            try:
                written = self.file.read_text()
            except (OSError, UnicodeDecodeError) as error:
                why = getattr(error, "strerror", None) or "it is no text"
                raise KeysError(f"HEADRACE_EDGE_KEYS_FILE cannot be read: {why}") from None
            keys += parse(written, "HEADRACE_EDGE_KEYS_FILE")
        self._by_hash = {key.sha256: key for key in keys}

    def refresh(self) -> None:
        """Read the file again if it has changed; what cannot be read changes nothing."""
        if self.file is None or self._state() == self._read:
            return
        try:
            self.load()
            logger.warning("the API keys were read again: there are %d", len(self._by_hash))
        except KeysError as error:
            logger.error("the API keys stay as they were: %s", error)  # noqa: TRY400 - in words

    def find(self, key: str) -> ApiKey | None:
        """Give whom this key belongs to.

        A key has 256 random bits, so one round of SHA-256 hides it, and looking up its hash tells
        nobody how much of it was right.
        """
        return self._by_hash.get(hash_of(key))

    def names(self) -> Collection[str]:
        return [key.name for key in self._by_hash.values()]

    def _state(self) -> tuple[int, ...]:
        assert self.file is not None  # noqa: S101 - asked before
        try:
            found = self.file.stat()
        except OSError:
            return ()
        # ctime: a file that could not be read can be when its mode changes, and nothing else
        return (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)


def parse(written: str, where: str) -> list[ApiKey]:
    """Read `keys:` in YAML or JSON. Raises KeysError."""
    try:
        content = yaml.safe_load(written)
        return _KEYS.validate_python(content["keys"])
    except ValidationError as error:
        raise KeysError(f"{where}: {_words(error)}") from None
    except (yaml.YAMLError, TypeError, LookupError, ValueError, RecursionError):
        raise KeysError(
            f"{where}: expected `keys:` with a list: headrace edge --new-key NAME"
        ) from None


def _words(error: ValidationError) -> str:
    """Say the first thing that is wrong; a name that no member has may be a secret, so not that."""
    first = error.errors(include_input=False, include_url=False)[0]
    if not first["loc"]:
        return (
            "expected a list below `keys:`: headrace edge --new-key NAME prints what stands there"
        )
    place, *path = first["loc"]
    entry = f"key {int(place) + 1} below `keys:`"
    if not path:
        return f"{entry}: expected name and sha256, as headrace edge --new-key NAME prints them"
    member = str(path[0])
    if member not in EXPECTED:
        nearest = get_close_matches(member, EXPECTED, 1)
        hint = f"did you mean {nearest[0]}? " if nearest else ""
        return f"{entry} has a member that is none: {hint}there are {', '.join(EXPECTED)}"
    is_missing = " is missing" if first["type"] == "missing" else ""
    return f"{entry}: {member}{is_missing}: expected {EXPECTED[member]}"


def new_key() -> str:
    """Make a key that nobody can guess."""
    return f"hr_{secrets.token_urlsafe(_BYTES)}"


def hash_of(key: str) -> str:
    return hashlib.sha256(key.encode(errors="surrogateescape")).hexdigest()


_KEYS = TypeAdapter(list[ApiKey])
