"""What can be said of a Parquet sink, and of others that write such files."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from config.paths import expanded, is_address
from config.s3 import S3, S3Options, Words

_ONLY_S3 = (
    "endpoint",
    "region",
    "path_style",
    "access_key_id",
    "secret_access_key",
    "session_token",
    "ca_file",
)


class FilesOptions(S3Options):
    """Of every kind that writes Parquet: where the files go, and what they are like."""

    path: Annotated[
        Words,
        AfterValidator(expanded),
        Field(
            description="a folder, or s3://BUCKET/PREFIX; the topic's name is added",
            examples=["/var/lib/headrace/parquet", "s3://analytics/headrace"],
        ),
    ]
    compression_level: Annotated[
        int, Field(ge=1, le=22, description="of zstd: higher is smaller, and slower to write")
    ] = 1
    row_group_rows: Annotated[
        int, Field(ge=1_024, le=1_048_576, description="readers skip whole row groups")
    ] = 131_072

    @property
    def is_s3(self) -> bool:
        return self.path.startswith(S3)

    @property
    def bucket(self) -> str:
        return self.path.removeprefix(S3).partition("/")[0]

    @property
    def prefix(self) -> str:
        """What stands before the topic's name in S3, without slashes at its ends."""
        return self.path.removeprefix(S3).partition("/")[2].strip("/")

    @property
    def place(self) -> str:
        """Say where it stores, in one way however that is written."""
        if not self.is_s3:
            return str(Path(self.path).resolve())
        at = f" at {self.endpoint.rstrip('/')}" if self.endpoint else ""
        return f"{S3}{self.bucket}/{self.prefix}{at}"

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.is_s3:
            self._check_local()
        elif not self.bucket:
            raise ValueError("path: name a bucket, like s3://analytics/headrace")
        return self

    def _check_local(self) -> None:
        if is_address(self.path):
            raise ValueError("path: give a folder, or s3://BUCKET/PREFIX")
        given = [name for name in _ONLY_S3 if getattr(self, name) is not None]
        if given:
            raise ValueError(f"{', '.join(given)}: only for a path that begins with {S3}")


class ParquetOptions(FilesOptions):
    """Where the files go, and what they are like."""
