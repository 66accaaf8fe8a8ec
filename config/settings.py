"""Settings that differ by place, from `HEADRACE_*` environment variables; all have a default."""

import json
from socket import gethostname
from typing import Annotated, Any

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from config.brokers import brokers
from config.environment import PREFIX, EnvironmentSettings
from db.dsn import check

Names = Annotated[tuple[str, ...], NoDecode]
"""Written with commas between them."""


class Settings(EnvironmentSettings):
    """What a worker, a generator and the tools need to know about this place."""

    model_config = SettingsConfigDict(env_prefix=PREFIX)

    broker: Annotated[str, Field(description="host:port of Kafka brokers")] = "127.0.0.1:9092"
    database: Annotated[SecretStr, Field(description="PostgreSQL, as a DSN")] = SecretStr(
        "postgresql://postgres@127.0.0.1:5432/headrace"
    )
    reader_password: Annotated[
        SecretStr | None, Field(description="of role headrace_reader, set by `headrace migrate`")
    ] = None
    role: Annotated[
        str,
        Field(description="which part of the work this process does", pattern=r"^[a-z][a-z0-9-]*$"),
    ] = "core"
    app_id: Annotated[
        str, Field(description="consumer group; by default headrace-<role>", pattern=r"^[\w.-]*$")
    ] = ""
    streams: Annotated[Names, Field(description="which to run, with commas; all by default")] = ()
    stream_files: Annotated[
        Names, Field(description="Python files with a STREAM each: docs/guides/add-a-stream.md")
    ] = ()
    windows_only: Annotated[
        Names, Field(description="streams whose raw rows are not kept: no recompute then")
    ] = ()
    window_seconds: Annotated[
        dict[str, Annotated[int, Field(ge=1, le=86_400)]],
        NoDecode,
        Field(description='windows that are no minute long: {"traffic_by_cdn": 10}'),
    ] = {}  # noqa: RUF012 - pydantic copies it
    topic_prefix: Annotated[
        str, Field(description="put before the name of every topic", pattern=r"^[\w.-]*$")
    ] = ""
    topic_partitions: Annotated[
        int, Field(description="of topics that Headrace creates", ge=1, le=1024)
    ] = 4
    topic_replicas: Annotated[
        int, Field(description="copies of topics that Headrace creates: 3 in production", ge=1)
    ] = 1
    web_host: Annotated[str, Field(description="where the web pages listen")] = "127.0.0.1"
    web_port: Annotated[int, Field(ge=1, le=65_535)] = 6066
    metrics_host: Annotated[str, Field(description="where /metrics, /livez, /readyz listen")] = (
        "127.0.0.1"
    )
    metrics_port: Annotated[int, Field(description="of a worker; 0: none", ge=0, le=65_535)] = 9464
    session_timeout_seconds: Annotated[
        float, Field(description="after it, a silent worker's partitions go to others", ge=1, le=10)
    ] = 6.0
    flush_interval_seconds: Annotated[float, Field(gt=0, le=60)] = 0.5
    flush_records: Annotated[int, Field(description="flush sooner at this many", ge=1)] = 40_000
    allowed_skew_seconds: Annotated[
        int, Field(description="event time ahead of the record's: more is a dead letter", ge=0)
    ] = 60
    retention_days: Annotated[
        int, Field(description="event time behind the record's: more is a dead letter", ge=1)
    ] = 60
    window_retention_days: Annotated[int, Field(description="how long windows are kept", ge=1)] = (
        400
    )
    dead_letter_retention_days: Annotated[
        int, Field(description="how long dead letters are kept, after they were stored", ge=1)
    ] = 30
    quiet_streams: Annotated[
        Names, Field(description="streams that may be silent, with commas: no alert then")
    ] = ()
    database_bytes_allowed: Annotated[
        int, Field(description="what the database may grow to: an alert at 90 %; 0: no limit", ge=0)
    ] = 0
    event_bytes: Annotated[int, Field(description="largest event", ge=1)] = 1_048_576
    config: Annotated[
        str, Field(description="the file with further sinks; `headrace.yaml` where it is there")
    ] = ""
    sink_pages: Annotated[
        dict[str, str],
        NoDecode,
        Field(description="further sinks' web pages, shown by core: lake=http://host:port, commas"),
    ] = {}  # noqa: RUF012 - pydantic copies it
    home: Annotated[str, Field(description="where `headrace up` keeps its engines' data")] = (
        ".headrace"
    )
    grafana_url: Annotated[str, Field(description="a Grafana that runs elsewhere")] = ""
    debug: Annotated[bool, Field(description="tracebacks of everyday mistakes too")] = False
    fault: Annotated[
        str, Field(description="for tests: POINT:ACTION[:TIMES], telemetry/fault_points.py")
    ] = ""

    @field_validator("streams", "stream_files", "windows_only", "quiet_streams", mode="before")
    @classmethod
    def _split(cls, names: Any) -> Any:
        if isinstance(names, str):
            return tuple(name.strip() for name in names.split(",") if name.strip())
        return names

    @field_validator("window_seconds", mode="before")
    @classmethod
    def _is_json(cls, seconds: Any) -> Any:
        # read here and not by pydantic-settings, which stops at the first that is wrong
        if not isinstance(seconds, str):
            return seconds
        try:
            return json.loads(seconds)
        except ValueError:
            raise ValueError('expected JSON such as {"traffic_by_cdn": 10}') from None

    @field_validator("sink_pages", mode="before")
    @classmethod
    def _are_pages(cls, pages: Any) -> Any:
        if not isinstance(pages, str):
            return pages
        pairs = [one.strip().partition("=") for one in pages.split(",") if one.strip()]
        if not all(url.startswith(("http://", "https://")) for _, _, url in pairs):
            raise ValueError("expected NAME=http://host:port, with commas between them")
        return {name: url.rstrip("/") for name, _, url in pairs}

    @field_validator("broker")
    @classmethod
    def _are_addresses(cls, broker: str) -> str:
        return brokers(broker)

    @field_validator("database")
    @classmethod
    def _is_a_dsn(cls, database: SecretStr) -> SecretStr:
        check(database.get_secret_value())
        return database

    @property
    def group(self) -> str:
        """The consumer group, which is also the Faust app's id.

        Workers of one group must read the same topics, so a choice of streams has a group of its
        own.
        """
        group = self.app_id or "headrace-core"
        if self.role != "core":
            group = f"{self.app_id or 'headrace'}-{self.role}"
        return ".".join([group, *sorted(self.streams)])

    @property
    def reached_at(self) -> str:
        """The host by which other workers ask for this one's web pages."""
        listens_everywhere = self.web_host in {"0.0.0.0", "::"}  # noqa: S104 - asked, not bound
        return gethostname() if listens_everywhere else self.web_host

    def topic(self, name: str) -> str:
        """Give a topic its full name."""
        return f"{self.topic_prefix}{name}"
