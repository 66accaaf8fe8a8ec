"""Unpacking gzip into memory once; aiokafka's way holds it twice for a moment.

A megabyte of gzip may hold a gigabyte, and aiokafka unpacks a record batch whole. Its own
`gzip_decode` collects pieces and joins them; its end tells how much it will be, and room for that
is made at once.
"""

import zlib
from struct import unpack
from typing import Any

from aiokafka.record._crecords import default_records

_GZIP = 31
"""zlib's number for the largest window, with gzip's header and trailer."""

_MOST_TIMES = 1_032
"""Deflate packs no more into a byte: a trailer that says more is wrong."""

_original_decode = default_records.gzip_decode


def install() -> None:
    """Have aiokafka unpack record batches like this; process-wide."""
    default_records.gzip_decode = gzip_decode


def gzip_decode(payload: Any) -> bytes:
    packed = bytes(payload)
    [size] = unpack("<I", packed[-4:].rjust(4, b"\0"))
    if size <= len(packed) * _MOST_TIMES:
        unpacked = zlib.decompress(packed, _GZIP, max(1, size))
        if len(unpacked) == size:
            return unpacked
    return bytes(_original_decode(payload))  # several members, or something is wrong with it
