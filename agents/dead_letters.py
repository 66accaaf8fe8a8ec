"""Dead letters on their own topic, for whoever wants to look at them or send them again."""

import asyncio
import logging
from collections.abc import Sequence

import faust
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from models.dead_letters import DeadLetter

logger = logging.getLogger(__name__)

_PAUSE_SECONDS = 1.0


class DeadLetterTopic:
    """Publishes before the rows are committed, so at least once; the key tells a replay."""

    def __init__(self, topic: faust.TopicT) -> None:
        self._topic = topic

    async def publish(self, letters: Sequence[DeadLetter]) -> None:
        """Return when Kafka has all of them, however long it takes."""
        await asyncio.gather(*(self._publish(letter) for letter in letters))

    async def _publish(self, letter: DeadLetter) -> None:
        while True:
            try:
                await (
                    await self._topic.send(
                        key=letter.key.encode(),
                        value=letter.payload,
                        headers={
                            "headrace.reason": letter.reason.encode(),
                            "headrace.detail": letter.detail.encode(),
                            "headrace.source": letter.key.encode(),
                        },
                    )
                )
            except MessageSizeTooLargeError:
                logger.exception("%s is only in event_dead_letters", letter.key)
                return
            except KafkaError as error:
                logger.warning("waiting for Kafka to take a dead letter: %r", error)
                await asyncio.sleep(_PAUSE_SECONDS)
            else:
                return
