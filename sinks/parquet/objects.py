"""Where files stand: a folder or a bucket, of which the sink needs some things."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

Metadata = Mapping[str, str]


class Listed(NamedTuple):
    """What a listing tells of an object; `modified` is by the store's clock."""

    size_bytes: int
    modified: datetime


class Objects(Protocol):
    """Keys have slashes. All methods raise SinkUnavailable, with words that say what to do."""

    async def prepare(self) -> None:
        """Get ready, once. Raises PlainError where an object could be overwritten."""
        ...

    async def create(self, key: str, body: memoryview, metadata: Metadata) -> bool:
        """Store an object that is whole or not there; False, and nothing done, where one stands."""
        ...

    async def look(self, key: str) -> Metadata | None:
        """Give an object's metadata; None where there is no such object."""
        ...

    async def read(self, key: str) -> bytes | None:
        """Give what an object holds, which is small; None where there is no such object."""
        ...

    async def folders(self, prefix: str) -> Sequence[str]:
        """Give the names of the folders directly in a folder, which may be missing."""
        ...

    async def files(self, prefix: str) -> Sequence[str]:
        """Give the names of the files directly in a folder, which may be missing."""
        ...

    async def whole(self, key: str) -> Any:
        """Give an object as something that pyarrow reads; where it can, without copying it."""
        ...

    async def listed(self, prefix: str) -> Mapping[str, Listed]:
        """Give all keys below a folder, which may be missing."""
        ...

    async def delete(self, keys: Sequence[str]) -> None:
        """Delete objects; those that are not there are none."""
        ...

    async def close(self) -> None: ...


def of_sink(name: str) -> str:
    """Begin an error with the sink's name; a command that has said it gives none."""
    return f"sink {name}: " if name else ""
