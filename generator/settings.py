"""Settings of the generator's own Faust app: `HEADRACE_GENERATOR_*`, and the place's broker."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from generator.target import Compression


class Settings(BaseSettings):
    """What `faust -A generator worker` produces, and where to; everything has a default."""

    model_config = SettingsConfigDict(env_prefix="HEADRACE_GENERATOR_", frozen=True)

    broker: Annotated[str, Field(validation_alias="HEADRACE_BROKER")] = "127.0.0.1:9092"
    topic_prefix: Annotated[
        str, Field(validation_alias="HEADRACE_TOPIC_PREFIX", pattern=r"^[\w.-]*$")
    ] = ""
    topic_partitions: Annotated[
        int, Field(validation_alias="HEADRACE_TOPIC_PARTITIONS", ge=1, le=1024)
    ] = 4
    events_per_second: Annotated[float, Field(ge=0, description="0: as fast as possible")] = 1_000
    seed: int = 1
    late: Annotated[float, Field(ge=0, le=1)] = 0.01
    out_of_order: Annotated[float, Field(ge=0, le=1)] = 0.01
    duplicates: Annotated[float, Field(ge=0, le=1)] = 0.005
    bad: Annotated[float, Field(ge=0, le=1)] = 0.001
    compression: Compression = "none"
    web_port: Annotated[int, Field(ge=1, le=65_535, description="on 127.0.0.1")] = 6067
