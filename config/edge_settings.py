"""Settings of `headrace edge`: `HEADRACE_EDGE_*`. Which Kafka and which streams, all others say."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from config.environment import EnvironmentSettings


class EdgeSettings(EnvironmentSettings):
    """What an edge needs to know beside `config.settings.Settings`; everything has a default."""

    model_config = SettingsConfigDict(env_prefix="HEADRACE_EDGE_")

    host: Annotated[str, Field(description="where the edge listens")] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65_535)] = 8080
    workers: Annotated[int, Field(description="processes of one edge", ge=1, le=256)] = 1
    connections: Annotated[
        int, Field(description="open at once, of one process; more wait", ge=1, le=1_000_000)
    ] = 10_000
    body_bytes: Annotated[
        int, Field(description="of a body, as sent and as decompressed", ge=1_024, le=2**30)
    ] = 1_048_576
    body_events: Annotated[int, Field(description="in one body", ge=1, le=100_000)] = 1_000
    body_seconds: Annotated[
        float, Field(description="for a client to send a body", gt=0, le=3_600)
    ] = 20.0
    kafka_seconds: Annotated[
        float, Field(description="for Kafka to acknowledge a request", ge=1, le=300)
    ] = 10.0
    pending_bytes: Annotated[
        int, Field(description="that may wait for Kafka, of one process", ge=2**20)
    ] = 64 * 2**20
