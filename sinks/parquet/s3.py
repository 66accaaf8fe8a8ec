"""Objects in S3, or in what speaks as S3 does and keeps `If-None-Match`."""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, TypeVar

import obstore
import pyarrow as pa
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import S3Store

from config.environment import PlainError
from sinks.parquet.objects import Listed, Metadata, of_sink
from sinks.parquet.options import FilesOptions
from sinks.parquet.s3_errors import unavailable

T = TypeVar("T")

_PROOF = "_headrace/conditional-writes"


class OverwritesError(PlainError):
    """What stands there would be overwritten: nothing may be stored here."""


class S3Objects:
    """A bucket, and a prefix in it. One PUT for each object, whatever its size (up to 5 GB)."""

    def __init__(self, options: FilesOptions, name: str) -> None:
        self._options = options
        self._name = name
        self._store = _store(options)
        self._is_proven = False

    async def prepare(self) -> None:
        """Prove that an object is not overwritten; once it was, that takes one request."""
        if self._is_proven:
            return
        for _ in range(2):
            if not await self.create(_PROOF, memoryview(b"stored once"), {}):
                self._is_proven = True
                return
        raise OverwritesError(
            f"{of_sink(self._name)}{self._options.path} overwrites objects although If-None-Match "
            "says not to. Use a store with conditional writes; records could be stored twice here."
        )

    async def create(self, key: str, body: memoryview, metadata: Metadata) -> bool:
        # Not by parts: only one PUT is whole or not there, and refused where an object stands
        putting = obstore.put_async(
            self._store,
            key,
            body,
            mode="create",
            use_multipart=False,
            attributes=dict(metadata),
        )
        try:
            await self._told(putting)
        except AlreadyExistsError:
            return False
        return True

    async def look(self, key: str) -> Metadata | None:
        asking = obstore.get_async(self._store, key, options={"head": True})
        try:
            found = await self._told(asking, missing_is_fine=True)
        except FileNotFoundError:
            return None
        return {str(name).lower(): str(value) for name, value in found.attributes.items()}

    async def read(self, key: str) -> bytes | None:
        async def body() -> bytes:
            found = await obstore.get_async(self._store, key)
            return bytes(await found.bytes_async())

        try:
            return await self._told(body(), missing_is_fine=True)
        except FileNotFoundError:
            return None

    async def folders(self, prefix: str) -> Sequence[str]:
        listed = await self._told(obstore.list_with_delimiter_async(self._store, f"{prefix}/"))
        return [_name(path) for path in listed["common_prefixes"]]

    async def files(self, prefix: str) -> Sequence[str]:
        listed = await self._told(obstore.list_with_delimiter_async(self._store, f"{prefix}/"))
        return [_name(found["path"]) for found in listed["objects"]]

    async def whole(self, key: str) -> Any:
        found = await self._told(obstore.get_async(self._store, key))
        return pa.BufferReader(await self._told(found.bytes_async()))

    async def listed(self, prefix: str) -> Mapping[str, Listed]:
        found = await self._told(obstore.list(self._store, f"{prefix}/").collect_async())
        return {str(one["path"]): Listed(int(one["size"]), one["last_modified"]) for one in found}

    async def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            try:
                await self._told(obstore.delete_async(self._store, key), missing_is_fine=True)
            except FileNotFoundError:
                continue

    async def close(self) -> None:
        """Nothing to close: connections end by themselves when idle."""

    async def _told(self, asking: Awaitable[T], *, missing_is_fine: bool = False) -> T:
        try:
            return await asking
        except AlreadyExistsError:
            raise
        except (BaseError, OSError, ValueError) as error:
            if missing_is_fine and isinstance(error, FileNotFoundError):
                raise
            raise unavailable(error, self._options, self._name) from None


def _name(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


def _store(options: FilesOptions) -> S3Store:
    return S3Store(options.bucket, prefix=options.prefix or None, **options.connection())
