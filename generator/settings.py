"""Settings of the generator's own Faust app: `HEADRACE_GENERATOR_*`, and the place's broker."""

from typing import Annotated, Any

from pydantic import Field, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from config.brokers import brokers
from config.environment import EnvironmentSettings
from generator.clients import MOST_USERS, USERS
from generator.profiles import ProfileName
from generator.streams import SIMULATED, picked
from generator.target import Compression


class Settings(EnvironmentSettings):
    """What `faust -A generator worker` produces, and where to; everything has a default."""

    model_config = SettingsConfigDict(env_prefix="HEADRACE_GENERATOR_")

    broker: Annotated[str, Field(validation_alias="HEADRACE_BROKER")] = "127.0.0.1:9092"
    topic_prefix: Annotated[
        str, Field(validation_alias="HEADRACE_TOPIC_PREFIX", pattern=r"^[\w.-]*$")
    ] = ""
    topic_partitions: Annotated[
        int, Field(validation_alias="HEADRACE_TOPIC_PARTITIONS", ge=1, le=1024)
    ] = 4
    events_per_second: Annotated[float, Field(ge=0, description="0: as fast as possible")] = 1_000
    streams: Annotated[
        tuple[str, ...], NoDecode, Field(description="their names, with commas between; all five")
    ] = tuple(SIMULATED)
    profile: ProfileName = "flat"
    users: Annotated[int, Field(ge=1, le=MOST_USERS)] = USERS
    seed: int = 1
    late: Annotated[float, Field(ge=0, le=1)] = 0.01
    out_of_order: Annotated[float, Field(ge=0, le=1)] = 0.01
    duplicates: Annotated[float, Field(ge=0, le=1)] = 0.005
    bad: Annotated[float, Field(ge=0, le=1)] = 0.001
    compression: Compression = "none"
    metrics_host: Annotated[str, Field(description="where /metrics listens")] = "127.0.0.1"
    metrics_port: Annotated[int, Field(description="0: none", ge=0, le=65_535)] = 9465
    web_port: Annotated[int, Field(ge=1, le=65_535, description="on 127.0.0.1")] = 6067

    @field_validator("broker")
    @classmethod
    def _are_addresses(cls, broker: str) -> str:
        return brokers(broker)

    @field_validator("streams", mode="before")
    @classmethod
    def _are_known(cls, streams: Any) -> tuple[str, ...]:
        if not isinstance(streams, str):
            return tuple(streams)
        try:
            return picked(streams)
        except ValueError:
            # the error of an option quotes it, that of a variable does not
            raise ValueError(
                f"expected names with commas between them: {', '.join(SIMULATED)}"
            ) from None
