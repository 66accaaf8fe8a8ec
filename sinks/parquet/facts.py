"""What an object says of itself: who wrote it, and how far its partition is stored with it."""

from typing import NamedTuple
from uuid import UUID

from models.positions import Position
from sinks.parquet.objects import Metadata


class Facts(NamedTuple):
    """`position` is where the partition stands once the object does."""

    writer: str
    position: Position

    def metadata(self) -> Metadata:
        """Write them in names that S3 takes (it knows no capital letters) and Parquet too."""
        at = self.position
        said = {
            "writer": self.writer,
            "last-offset": at.last_offset,
            "last-timestamp": at.last_timestamp,
            "next-offset": at.next_offset,
            "leader-epoch": at.leader_epoch,
            "topic-id": at.topic_id,
        }
        return {name: str(value) for name, value in said.items() if value is not None}


def read_facts(metadata: Metadata, epoch: int) -> Facts | None:
    """Read what `metadata` wrote; None where it is not that."""

    def number(name: str) -> int | None:
        return int(metadata[name]) if name in metadata else None

    try:
        topic_id = UUID(metadata["topic-id"]) if "topic-id" in metadata else None
        position = Position(
            epoch,
            int(metadata["last-offset"]),
            number("last-timestamp"),
            number("next-offset"),
            number("leader-epoch"),
            topic_id,
        )
        return Facts(metadata["writer"], position)
    except (KeyError, ValueError):
        return None
