"""What may be said of a file sink in headrace.yaml."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from config.paths import expanded, is_address
from models.positions import Positions
from models.streams import Stream
from sinks.file.sink import FileSink
from sinks.kinds import Flush, SinkKind


def _folder(said: object) -> object:
    if not said or not isinstance(said, str | Path):
        raise ValueError("expected a folder")
    if is_address(str(said)):
        raise ValueError("expected a folder; the kind `parquet` writes to S3")
    return expanded(str(said))


class FileOptions(BaseModel):
    """JSON Lines in files of a folder, a folder for each topic and partition."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    path: Annotated[
        Path,
        Field(description="the folder; it is made if it is missing"),
        BeforeValidator(_folder),
    ]
    rotate_bytes: Annotated[
        int, Field(ge=1_024, description="a file that is larger is followed by the next")
    ] = 128 * 1024 * 1024
    rotate_seconds: Annotated[
        int, Field(ge=1, description="a file that is older is followed by the next")
    ] = 3_600


def open_file(options: FileOptions, stream: Stream, name: str) -> FileSink:
    """Build the sink; nothing is opened yet."""
    del name
    return FileSink(options.path, stream, options.rotate_bytes, options.rotate_seconds)


async def begin_epoch(options: FileOptions, stream: Stream, topic: str, begun: Positions) -> int:
    """Begin the topic's next epoch at these positions; return its number."""
    return await open_file(options, stream, "").begin_epoch(topic, begun)


async def count(options: FileOptions, stream: Stream, topic: str) -> int:
    """Count the lines of a topic, in its files."""
    return await open_file(options, stream, "").count(topic)


KIND = SinkKind(
    "file",
    FileOptions,
    open_file,
    flush=Flush(seconds=1.0),
    begin_epoch=begin_epoch,
    count=count,
    place=lambda options: str(options.path.resolve()),
)
