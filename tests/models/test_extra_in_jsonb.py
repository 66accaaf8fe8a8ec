"""What is kept of unknown fields, PostgreSQL takes as jsonb; what it would not is refused."""

import json

import asyncpg
import pytest

from models.decode import Decoder
from models.media_events import MEDIA_EVENTS
from models.validation import Limits
from tests.models.examples import FORMS
from tests.models.records import batch_of

FITS = {
    "small": "1e-16383",
    "with many decimals": "0." + "1" * 16_383,
    "whole": "9" * 300,
    "large": "1.7e308",
    "zero": "0e16383",
    "deep": "[" * 900 + "]" * 900,
    "a backslash before u0000": r'"\\u0000"',
    "two halves of a character": r'"\ud83d\ude00"',
    "long": json.dumps("x" * 100_000),
}

DOES_NOT = {
    "too small": "1e-16384",
    "too many decimals": "0." + "1" * 16_384,
    "a zero with too large an exponent": "0e1073741824",
    "NUL": r'"\u0000"',
    "half a character": r'"\ud83d"',
}


@pytest.mark.parametrize("written", FITS.values(), ids=FITS)
async def test_what_is_kept_can_be_stored(database: str, written: str) -> None:
    decoded = Decoder(MEDIA_EVENTS, Limits()).decode(
        batch_of([FORMS["media_events 1.1"].written("unknown", written)])
    )

    assert not decoded.dead_letters
    assert await as_jsonb(database, decoded.columns[-1][0].decode())


@pytest.mark.parametrize("written", DOES_NOT.values(), ids=DOES_NOT)
async def test_what_cannot_be_stored_is_refused(database: str, written: str) -> None:
    decoded = Decoder(MEDIA_EVENTS, Limits()).decode(
        batch_of([FORMS["media_events 1.1"].written("unknown", written)])
    )

    assert len(decoded.dead_letters) == 1
    with pytest.raises(asyncpg.DataError):
        await as_jsonb(database, f'{{"unknown":{written}}}')


async def as_jsonb(database: str, text: str) -> str:
    connection = await asyncpg.connect(database)
    try:
        return str(await connection.fetchval("SELECT $1::jsonb", text))
    finally:
        await connection.close()
