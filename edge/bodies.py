"""Bodies of requests: read in a bounded time, unpacked to a bounded size."""

from __future__ import annotations

import asyncio
import io
import zlib
from collections.abc import Callable, Mapping

import zstandard

from edge.messages import Request
from edge.problems import Problem

_GZIP = 31  # zlib's number for a window of 32 KB behind gzip's header
_ZSTD_WINDOW_BYTES = 8 * 1024 * 1024  # what RFC 8878 asks every decoder to take


class BodyReader:
    """Reads bodies of at most `limit` bytes, as sent and as decompressed."""

    def __init__(self, limit: int, seconds: float) -> None:
        self._limit = limit
        self._seconds = seconds

    async def read(self, request: Request) -> bytes:
        """Give the body, decompressed. Raises Problem: 400, 408, 413 or 415."""
        said = request.headers.get("content-encoding", "identity").strip().lower()
        try:
            async with asyncio.timeout(self._seconds):
                body = await self._received(request)
        except TimeoutError:
            raise Problem(408, f"the body did not arrive within {self._seconds:g} s") from None
        if said in {"identity", ""}:
            return body
        unpack = _UNPACKERS.get(said)
        if unpack is None:
            told = "Content-Encoding is none of identity, gzip and zstd"
            raise Problem(415, told, ("accept-encoding", "gzip, zstd"))
        unpacked = unpack(body, self._limit)
        if len(unpacked) > self._limit:
            raise self._too_large()
        return unpacked

    async def _received(self, request: Request) -> bytes:
        length = request.headers.get("content-length")
        if length is not None:  # granian takes it for what it says, and takes no other
            if not length.isdigit() or int(length) > self._limit:
                raise self._too_large()
            return await request.channel()
        chunks, size = [], 0
        async for chunk in request.channel:
            size += len(chunk)
            if size > self._limit:
                raise self._too_large()
            chunks.append(chunk)
        return b"".join(chunks)

    def _too_large(self) -> Problem:
        return Problem(
            413, f"a body has at most {self._limit:,} bytes, decompressed too: send less"
        )


def _gunzip(body: bytes, limit: int) -> bytes:
    decompressor = zlib.decompressobj(_GZIP)
    try:
        unpacked = decompressor.decompress(body, limit + 1)
    except zlib.error:
        raise Problem(400, "the body is no gzip, as its Content-Encoding says") from None
    if not decompressor.eof and len(unpacked) <= limit:
        raise Problem(400, "the body ends in the middle of its gzip")
    return unpacked


def _unzstd(body: bytes, limit: int) -> bytes:
    decompressor = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES)
    try:
        with decompressor.stream_reader(io.BytesIO(body)) as reader:
            return reader.read(limit + 1)
    except zstandard.ZstdError:
        raise Problem(400, "the body is no zstd, as its Content-Encoding says") from None


_UNPACKERS: Mapping[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "zstd": _unzstd,
}
