"""Objects of a bucket in S3, or in what speaks as S3 does, by prefix and pattern."""

import fnmatch
import io
from collections.abc import Sequence
from typing import Any, BinaryIO, cast

import obstore
from obstore.exceptions import BaseError, NotFoundError, PreconditionError
from obstore.store import S3Store

from config.s3 import cure
from sources.base import SourceUnavailable
from sources.files.options import BucketOptions
from sources.files.place import Found, Unreadable, printable

_REQUEST_BYTES = 4 * 1024 * 1024
_NEEDED = "s3:ListBucket and s3:GetObject"


class Bucket:
    """Objects do not change: one that was written anew has another ETag, and is another file."""

    may_grow = False

    def __init__(self, options: BucketOptions) -> None:
        self._options = options
        self._prefix, self._pattern = options.prefix, options.pattern
        self._store: Any = None
        self.passed_over: dict[str, str] = {}

    def look(self) -> Sequence[Found]:
        """List the bucket, from `after` on."""
        after = self._options.after
        found: list[Found] = []
        try:
            for objects in obstore.list(
                self._opened(), self._prefix or None, offset=self._prefix + after if after else None
            ):
                found += [
                    self._found(one)
                    for one in objects
                    if one["size"] and self._matches(one["path"])
                ]
        except (BaseError, OSError, ValueError) as error:
            raise self._unavailable(error) from None
        return sorted(found, key=lambda one: one.name)

    def open(self, found: Found) -> BinaryIO:
        raw = _Object(self, self._prefix + found.name, found)
        return cast("BinaryIO", io.BufferedReader(raw, _REQUEST_BYTES))

    def shown(self, name: str) -> str:
        return printable(f"s3://{self._options.bucket}/{self._prefix}{name}")

    def get(self, key: str, version: str, begin: int, length: int) -> Any:
        """Give a part of an object of one version."""
        options: Any = {"range": (begin, begin + length)}
        if version:
            options["if_match"] = version
        try:
            return obstore.get(self._opened(), key, options=options).bytes()
        except PreconditionError:
            raise Unreadable("it was written anew while it was read", passing=True) from None
        except (NotFoundError, FileNotFoundError):
            raise FileNotFoundError(key) from None
        except (BaseError, OSError, ValueError) as error:
            raise self._unavailable(error) from None

    def _opened(self) -> S3Store:
        if self._store is None:
            self._store = S3Store(self._options.bucket, **self._options.connection())
        return cast("S3Store", self._store)

    def _matches(self, key: str) -> bool:
        return fnmatch.fnmatchcase(key, self._pattern) if self._pattern else True

    def _found(self, one: Any) -> Found:
        changed = one["last_modified"].timestamp()
        version = one["e_tag"] or f"{one['size']}-{changed:.0f}"
        return Found(one["path"].removeprefix(self._prefix), one["size"], version, changed)

    def _unavailable(self, error: Exception) -> SourceUnavailable:
        options = self._options
        at = f" at {options.endpoint}" if options.endpoint else ""
        return SourceUnavailable(f"s3://{options.bucket}{at}: {cure(error, _NEEDED)}")


class _Object(io.RawIOBase):
    """One version of an object, read by parts: each read is one request."""

    def __init__(self, bucket: Bucket, key: str, found: Found) -> None:
        super().__init__()
        self._bucket = bucket
        self._key = key
        self._found = found
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        begin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._found.size}[whence]
        self._at = max(0, begin + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        length = min(len(buffer), self._found.size - self._at)
        if length <= 0:
            return 0
        got = self._bucket.get(self._key, self._version, self._at, length)
        buffer[: len(got)] = memoryview(got).cast("B")
        self._at += len(got)
        return len(got)

    @property
    def _version(self) -> str:
        version = self._found.version
        return version if version.startswith(('"', "W/")) else ""
