"""Objects in S3, or in what speaks as S3 does and keeps `If-None-Match`."""

from collections.abc import Awaitable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import S3Store

from config.environment import PlainError
from sinks.parquet.objects import Listed, Metadata
from sinks.parquet.options import ParquetOptions
from sinks.parquet.s3_errors import unavailable

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig, S3Config

T = TypeVar("T")

# who calls waits longer and longer, and says so: few retries below that, which nobody sees
_RETRIES = 2
_PROOF = "_headrace/conditional-writes"


class OverwritesError(PlainError):
    """What stands there would be overwritten: nothing may be stored here."""


class S3Objects:
    """A bucket, and a prefix in it. One PUT for each object, whatever its size (up to 5 GB)."""

    def __init__(self, options: ParquetOptions, name: str) -> None:
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
            f"sink {self._name}: {self._options.path} overwrites objects although If-None-Match "
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


def _store(options: ParquetOptions) -> S3Store:
    path_style = options.path_style
    if path_style is None:
        path_style = options.endpoint is not None
    config: S3Config = {"virtual_hosted_style_request": not path_style}
    if options.endpoint is not None:
        config["endpoint"] = options.endpoint
    if options.region is not None:
        config["region"] = options.region
    if options.access_key_id is not None:
        config["access_key_id"] = options.access_key_id
    if options.secret_access_key is not None:
        config["secret_access_key"] = options.secret_access_key.get_secret_value()
    if options.session_token is not None:
        config["session_token"] = options.session_token.get_secret_value()
    return S3Store(
        options.bucket,
        prefix=options.prefix or None,
        client_options=_client(options),
        retry_config=_retries(options.timeout_seconds),
        config=config,
    )


def _client(options: ParquetOptions) -> "ClientConfig":
    client: ClientConfig = {
        "allow_http": options.allow_http,
        "timeout": timedelta(seconds=options.timeout_seconds),
        "connect_timeout": timedelta(seconds=min(options.timeout_seconds, 5.0)),
    }
    if options.ca_file is not None:
        client["root_certificate"] = options.ca_file.read_bytes()
    return client


def _retries(timeout_seconds: float) -> "RetryConfig":
    return {
        "max_retries": _RETRIES,
        "retry_timeout": timedelta(seconds=timeout_seconds),
        "backoff": {
            "init_backoff": timedelta(milliseconds=100),
            "max_backoff": timedelta(seconds=1),
            "base": 2,
        },
    }
