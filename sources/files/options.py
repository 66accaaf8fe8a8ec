"""What can be said of the kinds `file` and `s3`."""

import glob
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from config.paths import expanded, is_address
from config.s3 import S3, S3Options, Words


class Reading(BaseModel):
    """What both kinds have."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    format: Annotated[
        Literal["auto", "jsonl", "csv", "parquet"],
        Field(description="`auto`: Parquet by its first bytes, .csv and .tsv by name, else lines"),
    ] = "auto"
    once: Annotated[
        bool, Field(description="end when all is read; without, look for more for ever")
    ] = False
    key: Annotated[
        Words | None,
        Field(description="the field that is the record's key; by default the stream's own"),
    ] = None
    timestamps: Annotated[
        Literal["event", "now"],
        Field(description="of records: the event's own time, or when it is read"),
    ] = "event"
    delimiter: Annotated[
        str | None,
        Field(min_length=1, max_length=1, description="of CSV: a comma, in .tsv a tab"),
    ] = None
    columns: Annotated[
        tuple[Words, ...], Field(description="of CSV without a header: their names")
    ] = ()
    after: Annotated[
        str, Field(description="leave out names up to this one, below the folder or prefix")
    ] = ""
    look_seconds: Annotated[
        float, Field(gt=0, le=86_400, description="how often to look for more")
    ] = 1.0
    settle_seconds: Annotated[
        float,
        Field(
            ge=0,
            le=86_400,
            description="take a last line without an end when its file rested so long",
        ),
    ] = 30.0
    longest_line_bytes: Annotated[
        int, Field(ge=1_024, le=16 * 1024 * 1024, description="longer lines are left out, and told")
    ] = 1_048_576


def _several(said: object) -> object:
    return (said,) if isinstance(said, str) else said


def _all_expanded(said: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(expanded, said))


class FileOptions(Reading):
    """Files of this machine."""

    path: Annotated[
        tuple[Words, ...],
        BeforeValidator(_several),
        AfterValidator(_all_expanded),
        Field(
            min_length=1,
            description="a file, a folder, or a pattern; or a list of them",
            examples=["/var/log/app/*.jsonl*", "/data/**/*.parquet"],
        ),
    ]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if any(map(is_address, self.path)):
            raise ValueError("path: expected files of this machine; `kind: s3` reads a bucket")
        return self


class BucketOptions(Reading, S3Options):
    """Objects of a bucket."""

    path: Annotated[
        Words,
        Field(
            description="s3://BUCKET/PREFIX/, or a key, in which * and ? stand for / too",
            examples=["s3://analytics/events/", "s3://analytics/events/*.jsonl.gz"],
        ),
    ]
    look_seconds: Annotated[
        float, Field(gt=0, le=86_400, description="how often to list the bucket")
    ] = 10.0

    @property
    def bucket(self) -> str:
        return self.path.removeprefix(S3).partition("/")[0]

    @property
    def prefix(self) -> str:
        """What all keys begin with, up to a slash."""
        key = self._key
        if not self.pattern:
            return f"{key.rstrip('/')}/" if key else ""
        first = min((key.find(one) for one in "*?[" if one in key), default=len(key))
        return key[: key.rfind("/", 0, first) + 1]

    @property
    def pattern(self) -> str:
        """What keys match; empty where all do that begin with the prefix."""
        is_one = "." in self._key.rpartition("/")[2]
        return self._key if is_one or glob.has_magic(self._key) else ""

    @property
    def _key(self) -> str:
        return self.path.removeprefix(S3).partition("/")[2]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.path.startswith(S3) or not self.bucket:
            raise ValueError("path: give s3://BUCKET/PREFIX")
        return self
