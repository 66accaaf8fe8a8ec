"""A stream of one's own whose declaration promises more than PostgreSQL can hold."""

import json
from random import Random
from typing import Annotated

from pydantic import Field

from models.events import Event
from models.streams import Stream
from models.types import EventTime, Text
from models.windows import Sum, Window
from tests.models.records import NOW

LONG_KEY = "".join(chr(Random(number).randrange(0x4E00, 0x9FA5)) for number in range(4_000))
"""More than an index takes, however it is compressed."""

TABLES = """
CREATE TABLE notes (
    time timestamptz NOT NULL, author text NOT NULL, letters int8 NOT NULL,
    kafka_partition int4 NOT NULL, kafka_offset int8 NOT NULL, epoch int4 NOT NULL
);
CREATE TABLE notes_by_author_windows (
    window_start timestamptz NOT NULL, partition int4 NOT NULL, author text NOT NULL,
    window_seconds int4 NOT NULL DEFAULT 60, notes int8 NOT NULL, units int8 NOT NULL,
    PRIMARY KEY (window_start, partition, author)
);
SELECT keep_table('notes', 'time', 'raw');
SELECT keep_table('notes_by_author_windows', 'window_start', 'windows');
"""


class Note(Event):
    """Somebody wrote something."""

    time: EventTime
    author: Annotated[Text, Field(min_length=1, max_length=4_000)]
    letters: Annotated[int, Field(ge=0, le=10**13)]


STREAM = Stream(
    topic="notes",
    event=Note,
    event_time="time",
    windows=(
        Window(
            "notes_by_author",
            keys=("author",),
            measures=(
                Sum("notes"),
                Sum("units", of=("letters",), value=lambda letters: letters * 1_000_000),
            ),
        ),
    ),
)


def note(author: str = "Ada", letters: int = 1, time: str = NOW.isoformat()) -> bytes:
    return json.dumps({"time": time, "author": author, "letters": letters}).encode()
