"""The bytes of a file, unpacked if it is packed, a block at a time."""

import gzip
import sys
import zlib
from types import ModuleType
from typing import Any, BinaryIO, Literal

from config.extras import installing
from sources.files.place import Unreadable

Packing = Literal["none", "gzip", "zstd"]

BLOCK_BYTES = 1024 * 1024
"""What is unpacked at once, at most: what a file says of its size is not believed."""

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


class Unpacked:
    """Read in order. `position` counts unpacked bytes from the file's beginning.

    Of what is not packed, `size` bytes: what is added meanwhile comes later.
    """

    def __init__(self, raw: BinaryIO, packing: Packing, size: int) -> None:
        self._raw = raw
        self._size = size
        self._packed: Any = None
        self._errors: tuple[type[Exception], ...] = ()
        if packing == "gzip":
            self._packed = gzip.GzipFile(fileobj=raw)
            self._errors = (gzip.BadGzipFile, zlib.error)
        elif packing == "zstd":
            zstd = _zstd()
            self._packed = zstd.ZstdFile(raw)
            self._errors = (zstd.ZstdError,)
        self._failed: Exception | None = None
        self.position = 0
        self.is_whole = packing != "none"
        """Whether the packer has written an end; never known of what is not packed."""

    def read(self) -> bytes:
        """Give the next block, nothing at the end. Raises Unreadable for what is damaged."""
        if self._failed is not None:
            raise Unreadable(f"damaged after {self.position:,} bytes, unpacked: {self._failed}")
        parts: list[bytes] = []
        size = 0
        while size < BLOCK_BYTES and (part := self._next(BLOCK_BYTES - size)):
            parts.append(part)
            size += len(part)
        self.position += size
        if not parts and self._failed is not None:
            return self.read()
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def skip_to(self, position: int) -> None:
        """Go on at a position; what is packed has to be unpacked up to there."""
        if self._packed is None:
            self.position = self._raw.seek(position)
            return
        while self.position < position:
            part = self._next(min(BLOCK_BYTES, position - self.position))
            if not part:
                raise Unreadable(f"ends before byte {position:,}, unpacked, where reading stood")
            self.position += len(part)

    def _next(self, most: int) -> bytes:
        if self._packed is None:
            return self._raw.read(max(0, min(most, self._size - self._raw.tell())))
        try:
            return bytes(self._packed.read1(most))
        except EOFError:  # its writer has not come to an end, or never will
            self.is_whole = False
        except self._errors as error:
            self._failed = error
        return b""


def packing_of(head: bytes) -> Packing:
    """Tell by the first bytes."""
    if head.startswith(_GZIP):
        return "gzip"
    return "zstd" if head.startswith(_ZSTD) else "none"


def _zstd() -> ModuleType:
    if sys.version_info >= (3, 14):
        from compression import zstd  # noqa: PLC0415 - only where a file needs it
    else:
        try:
            from backports import zstd  # noqa: PLC0415 - as above
        except ImportError:
            raise Unreadable(f"zstd needs a package: {installing('files')}") from None
    return zstd
