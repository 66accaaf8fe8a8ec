"""Bodies of requests: read in a bounded time, unpacked to a bounded size."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Mapping
from typing import Protocol

from backports import zstd
from granian._granian import RSGIProtocolClosed

from edge.messages import Request
from edge.problems import Problem, try_later

_GZIP = 31  # zlib's number for a window of 32 KB behind gzip's header
_ZSTD_OPTIONS = {zstd.DecompressionParameter.window_log_max.value: 23}
"""Windows of 8 MB: what RFC 8878 asks every decoder to take."""
_SMALL = 16_384
_HELD_BYTES = 64 * 2**20
"""Of larger bodies that are on their way, all together: ten thousand clients may send at once."""
_HELD_SECONDS = 2
_MOST_PARTS = (
    100  # gzip and zstd may be put together of some; of empty ones a body has room for many
)


class BodyReader:
    """Reads bodies of at most `limit` bytes, as sent and as decompressed.

    What has come of all bodies that are not whole yet is at most `held`, but for small ones, so
    that these pass while others send large ones slowly.
    """

    def __init__(self, limit: int, seconds: float, held: int = _HELD_BYTES) -> None:
        self._limit = limit
        self._seconds = seconds
        self._may_hold = max(held, limit)
        self._held = 0

    async def read(self, request: Request) -> bytes:
        """Give the body, decompressed. Raises Problem: 400, 408, 413, 415 or 503."""
        said = request.headers.get("content-encoding", "identity").strip().lower()
        try:
            async with asyncio.timeout(self._seconds):
                body = await self._received(request)
        except TimeoutError:
            raise Problem(408, f"the body did not arrive within {self._seconds:g} s") from None
        if said in {"identity", ""}:
            for magic, coding in _MAGIC.items():
                if body.startswith(magic):  # no text does: it would become dead letters, by line
                    raise Problem(400, f"the body is packed: say Content-Encoding: {coding}")
            return body
        begin = _CODINGS.get(said)
        if begin is None:
            told = "Content-Encoding is none of identity, gzip and zstd"
            raise Problem(415, told, ("accept-encoding", "gzip, zstd"))
        try:
            unpacked = _unpacked(begin, body, self._limit)
        except (ValueError, zlib.error, zstd.ZstdError) as error:
            raise Problem(
                400, f"the body is no {said}, as Content-Encoding says: {error}"
            ) from None
        if len(unpacked) > self._limit:
            raise self._too_large()
        return unpacked

    async def _received(self, request: Request) -> bytes:
        length = request.headers.get("content-length")
        chunked = request.headers.get("transfer-encoding")
        if chunked is not None:
            if chunked.strip().lower() != "chunked":
                told = "Transfer-Encoding is chunked or none: say gzip by Content-Encoding"
                raise Problem(400, told)
            return await self._parts(request)
        if length is None:
            return b""
        if not length.isdigit() or int(length) > self._limit:
            raise self._too_large()
        if int(length) > _SMALL:
            return await self._parts(request)
        try:
            return await request.channel()
        except RSGIProtocolClosed:
            raise _cut_off() from None

    async def _parts(self, request: Request) -> bytes:
        body = bytearray()
        ends = 0
        try:
            async for part in request.channel:
                ends += not part
                self._held += len(part)
                body += part
                if len(body) > self._limit:
                    raise self._too_large()
                if self._held > self._may_hold:
                    raise try_later(_HELD_SECONDS, "too many large bodies come at once")
        finally:
            self._held -= len(body)
        # granian ends a body with one empty part, and says with one more that it was cut off: to
        # take what had come would be to take a part of a request
        if ends != 1:
            raise _cut_off()
        return bytes(body)

    def _too_large(self) -> Problem:
        return Problem(
            413, f"a body has at most {self._limit:,} bytes, decompressed too: send less"
        )


def _cut_off() -> Problem:
    return Problem(400, "the body was cut off: nothing of it was taken")


class _Decompressor(Protocol):
    """One member of a gzip, or one frame of a zstd."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def _unpacked(begin: Callable[[], _Decompressor], body: bytes, limit: int) -> bytes:
    """Decompress at most one byte more than the limit: who asked for it sees that it is too much.

    Raises ValueError where the body ends in the middle, or has too many parts.
    """
    parts: list[bytes] = []
    for _ in range(_MOST_PARTS):
        decompressor = begin()
        part = decompressor.decompress(body, limit + 1)
        parts.append(part)
        limit -= len(part)
        if limit < 0:
            break
        if not decompressor.eof:
            raise ValueError("it ends in the middle")
        body = decompressor.unused_data
        if not body:
            break
    else:
        raise ValueError(f"it has more than {_MOST_PARTS} parts")
    return b"".join(parts)


def _gzip() -> _Decompressor:
    return zlib.decompressobj(_GZIP)


def _zstd() -> _Decompressor:
    return zstd.ZstdDecompressor(options=_ZSTD_OPTIONS)


_CODINGS: Mapping[str, Callable[[], _Decompressor]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "zstd": _zstd,
}
_MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
