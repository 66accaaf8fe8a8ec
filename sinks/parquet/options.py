"""What can be said of a Parquet sink."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

S3 = "s3://"

Words = Annotated[str, StringConstraints(min_length=1, max_length=1_024)]
_ONLY_S3 = (
    "endpoint",
    "region",
    "path_style",
    "access_key_id",
    "secret_access_key",
    "session_token",
    "ca_file",
)


class ParquetOptions(BaseModel):
    """Where the files go, and what they are like."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    path: Annotated[
        Words,
        Field(
            description="a folder, or s3://BUCKET/PREFIX; the topic's name is added",
            examples=["/var/lib/headrace/parquet", "s3://analytics/headrace"],
        ),
    ]
    endpoint: Annotated[
        Words | None,
        Field(description="URL of an S3 that is not Amazon's", examples=["https://s3.example.com"]),
    ] = None
    region: Annotated[
        Words | None, Field(description="of the bucket; without it AWS_REGION, or us-east-1")
    ] = None
    path_style: Annotated[
        bool | None,
        Field(description="the bucket in the URL's path, not its host name; so with an `endpoint`"),
    ] = None
    access_key_id: Annotated[
        Words | None,
        Field(description="without it AWS_ACCESS_KEY_ID, or the role of the machine, pod or task"),
    ] = None
    secret_access_key: Annotated[
        SecretStr | None, Field(description="without it AWS_SECRET_ACCESS_KEY")
    ] = None
    session_token: Annotated[
        SecretStr | None, Field(description="of temporary keys; without it AWS_SESSION_TOKEN")
    ] = None
    allow_http: Annotated[
        bool, Field(description="talk to an `endpoint` without TLS: anybody on the way can read")
    ] = False
    ca_file: Annotated[
        Path | None, Field(description="certificates (PEM) that an `endpoint` is trusted by")
    ] = None
    timeout_seconds: Annotated[
        float, Field(ge=1, le=600, description="for one request to S3, its upload included")
    ] = 30.0
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
        if (self.access_key_id is None) != (self.secret_access_key is None):
            raise ValueError("access_key_id and secret_access_key: give both, or none")
        if self.session_token is not None and self.access_key_id is None:
            raise ValueError("session_token: give access_key_id and secret_access_key too")
        if self.endpoint is not None:
            self._check_endpoint(self.endpoint)
        return self

    def _check_local(self) -> None:
        if "://" in self.path:
            raise ValueError("path: give a folder, or s3://BUCKET/PREFIX")
        given = [name for name in _ONLY_S3 if getattr(self, name) is not None]
        if given:
            raise ValueError(f"{', '.join(given)}: only for a path that begins with {S3}")

    def _check_endpoint(self, endpoint: str) -> None:
        if not endpoint.startswith(("https://", "http://")):
            raise ValueError("endpoint: give a URL, like https://s3.example.com")
        if "@" in endpoint:
            raise ValueError("endpoint: give keys as access_key_id and secret_access_key")
        if endpoint.startswith("http://") and not self.allow_http:
            raise ValueError("endpoint: http:// has no TLS; say allow_http: true if that is meant")
