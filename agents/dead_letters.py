"""Dead letters on their own topic, for whoever wants to look at them or send them again."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import faust
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from faust.exceptions import ProducerSendError

from models.dead_letters import DeadLetter

logger = logging.getLogger(__name__)

_PAUSE_SECONDS = 1.0
_AT_ONCE = 1_000
_NOTICE = "Kafka takes no dead letters"


class DeadLetterTopic:
    """Publishes before the rows are committed, so at least once; the key tells a replay."""

    def __init__(
        self,
        topic: faust.TopicT,
        on_waiting: Callable[[str | None], None],
        notice_seconds: float = 10.0,
    ) -> None:
        """`on_waiting` hears why nothing goes on when it takes long, and None when it does."""
        self._topic = topic
        self._on_waiting = on_waiting
        self._notice_seconds = notice_seconds

    async def publish(self, letters: Sequence[DeadLetter]) -> None:
        """Return when Kafka has all of them, however long it takes."""
        if not letters:
            return
        with self._told_if_long():
            for begin in range(0, len(letters), _AT_ONCE):
                await asyncio.gather(
                    *(self._publish(letter) for letter in letters[begin : begin + _AT_ONCE])
                )

    @contextmanager
    def _told_if_long(self) -> Iterator[None]:
        # aiokafka itself says nothing for minutes while a broker is away
        loop = asyncio.get_running_loop()
        notice = loop.call_later(self._notice_seconds, self._on_waiting, _NOTICE)
        try:
            yield
        finally:
            notice.cancel()
            if loop.time() >= notice.when():
                self._on_waiting(None)

    async def _publish(self, letter: DeadLetter) -> None:
        while True:
            try:
                return await self._send(letter)
            except (KafkaError, ProducerSendError) as error:
                # Faust wraps what fails before the record is under way
                cause = error.__cause__ if isinstance(error, ProducerSendError) else error
                if isinstance(cause, MessageSizeTooLargeError):
                    logger.warning("%s is only in event_dead_letters: %r", letter.key, cause)
                    return None
                logger.warning("waiting for Kafka to take a dead letter: %r", cause)
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _send(self, letter: DeadLetter) -> None:
        sent = await self._topic.send(
            key=letter.key.encode(),
            value=letter.payload,
            headers={
                "headrace.reason": letter.reason.encode(),
                "headrace.detail": letter.detail.encode(),
                "headrace.context": letter.context.encode(),
                "headrace.source": letter.key.encode(),
            },
        )
        await sent
