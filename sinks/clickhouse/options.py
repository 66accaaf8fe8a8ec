"""What may be said of a ClickHouse sink."""

from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

Identifier = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=100)]


class ClickhouseOptions(BaseModel):
    """Where the server is, as whom it is asked, and what its tables are like."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)

    url: Annotated[
        str, Field(description="of its HTTP interface: http://host:8123 or https://host:8443")
    ] = "http://127.0.0.1:8123"
    database: Annotated[Identifier, Field(description="made if it is not there")] = "headrace"
    user: Annotated[str, Field(description="whom the worker is", min_length=1)] = "default"
    password: Annotated[SecretStr, Field(description="of that user")] = SecretStr("")
    table_prefix: Annotated[
        str,
        Field(
            description="put before the name of every table and view",
            pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$",
            max_length=50,
        ),
    ] = ""
    ttl_days: Annotated[
        int, Field(description="rows older than that are dropped; 0: none is", ge=0, le=36_500)
    ] = 0
    order_by: Annotated[
        dict[str, tuple[Identifier, ...]],
        Field(description="columns that begin a stream's sorting key, where the default is wrong"),
    ] = {}
    ca_file: Annotated[
        str, Field(description="certificates of who signed the server's; empty: the system's")
    ] = ""
    connect_seconds: Annotated[
        float, Field(description="to wait for a connection", gt=0, le=60)
    ] = 5.0
    command_seconds: Annotated[
        float, Field(description="to wait for an answer", gt=0, le=3_600)
    ] = 60.0
    reader: Annotated[
        Identifier, Field(description="user that `headrace migrate --sink` lets read")
    ] = "headrace_reader"
    reader_password: Annotated[
        SecretStr | None, Field(description="of that user; without it none is made")
    ] = None

    @field_validator("url")
    @classmethod
    def _is_plain(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("expected http://host:8123 or https://host:8443")
        if "@" in parts.netloc or parts.query or parts.fragment:
            raise ValueError("user and password have options of their own; no ? or # either")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _password_travels_well(self) -> Self:
        if self.ca_file and not self.url.startswith("https://"):
            raise ValueError("ca_file is for https:// only")
        return self
