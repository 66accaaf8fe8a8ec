"""docs/reference/data.md is current, and leaves nothing unsaid."""

from pathlib import Path

import pytest

from db.dictionary import read
from models.all import STREAMS
from models.schema import contracts, document
from reference.comments import words_of
from reference.data import COMMAND, page, wordless
from reference.types import needed, type_of

ROOT = Path(__file__).parents[2]
FIELDS = [
    pytest.param(said, id=f"{stream.topic} {version} {name}")
    for stream in STREAMS.values()
    for version in contracts(stream)
    for name, said in document(stream, version)["properties"].items()
]


async def test_the_page_is_what_the_contracts_and_the_database_say(database: str) -> None:
    relations, functions = await read(database)

    written = (ROOT / "docs" / "reference" / "data.md").read_text(encoding="utf-8")

    assert page(STREAMS, relations, functions) == written, f"run: {COMMAND}"


async def test_every_table_view_column_and_function_is_explained(database: str) -> None:
    relations, functions = await read(database)

    assert wordless(relations, words_of(STREAMS, relations)) == []
    assert [one.name for one in functions if not one.words] == []


@pytest.mark.parametrize("said", FIELDS)
def test_every_field_is_explained(said: dict[str, object]) -> None:
    assert said.get("description")


@pytest.mark.parametrize(
    ("stream", "version", "field", "words", "need"),
    [
        ("purchases", "1.0", "country", "ISO 3166-1 alpha-2", "yes"),
        (
            "purchases",
            "1.0",
            "amount",
            "number, or a string with one, from 0 to 1000000000000, at most 4 decimals",
            "yes",
        ),
        ("content_sessions", "1.0", "heartbeat_seconds", "whole number, 0 to 3,600", "no, then 10"),
        ("media_events", "1.1", "cdn", "text, 1 to 128 characters, or null", "no"),
        ("media_events", "1.0", "ip_address", "IPv4 or IPv6 address", "yes"),
        ("media_events", "1.0", "schema_version", "text, up to 13 characters", "no, then 1.0"),
        ("media_events", "2.0", "schema_version", "text, up to 13 characters", "yes"),
        (
            "media_events",
            "2.0",
            "genres",
            "list of up to 32 of: text, up to 64 characters",
            "yes",
        ),
    ],
)
def test_a_type_is_told_in_words(
    stream: str, version: str, field: str, words: str, need: str
) -> None:
    schema = document(STREAMS[stream], version)

    assert type_of(schema["properties"][field]) == words
    assert needed(field, schema) == need
