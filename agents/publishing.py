"""Dead letters are published before their batch is stored, once each if that takes more tries."""

from agents.protocols import DeadLetters
from models.batches import Batch
from models.positions import TopicPartition


class Publishing:
    """Remembers how far it has published each partition: what a sink refuses comes again."""

    def __init__(self, dead_letters: DeadLetters) -> None:
        self._dead_letters = dead_letters
        self._done_up_to: dict[TopicPartition, int] = {}

    async def publish(self, batch: Batch) -> None:
        """Publish a batch's letters; batches of a partition come in the order of their offsets."""
        await self._dead_letters.publish(
            [
                letter
                for part in batch.parts
                for letter in part.dead_letters
                # a verdict of the sink comes after its record was passed as good
                if letter.offset > self._done_up_to.get(part.tp, -1)
                or letter.reason == "rejected_by_sink"
            ]
        )
        for part in batch.parts:
            self._done_up_to[part.tp] = max(part.last_offset, self._done_up_to.get(part.tp, -1))

    def forget(self) -> None:
        self._done_up_to.clear()
