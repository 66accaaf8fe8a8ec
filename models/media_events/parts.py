"""Field types that the versions of `MediaEvent` share."""

from typing import Annotated, Literal

from pydantic import FailFast, Field

from models.types import StoredAs, Text

LONGEST_ID = 128
Id = Annotated[Text, Field(min_length=1, max_length=LONGEST_ID)]
EventType = Literal["play", "pause", "stop"]
ContentType = Literal["movie", "episode", "ad"]
Title = Annotated[Text, Field(max_length=512)]
Genres = Annotated[
    tuple[Annotated[Text, Field(max_length=64)], ...],
    FailFast(),  # the first item that is wrong says enough
    Field(max_length=32),
    StoredAs(kind="text[]"),
]
Language = Annotated[
    Text, Field(min_length=1, max_length=35, description="BCP 47, like en or pt-BR")
]
SchemaVersion = Annotated[Text, Field(max_length=13, description="MAJOR.MINOR")]
