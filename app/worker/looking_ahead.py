"""What waits for a sink that is away keeps growing: its lag is asked of Kafka, not only fetched."""

from typing import cast

import faust
from aiokafka.errors import KafkaError

from batching.consumer import BatchConsumer

_EVERY_SECONDS = 2.0


def attach(app: faust.App) -> None:
    """Attach the timer."""
    is_told = False

    async def look() -> None:
        nonlocal is_told
        if not app.started or app.rebalancing:
            return
        try:
            await cast("BatchConsumer", app.consumer).look_ahead()
        except (KafkaError, TimeoutError) as error:
            if not is_told:  # once: a broker that is away may be so for hours
                app.log.info("Kafka does not say how much there is to read: %r", error)
            is_told = True
        else:
            is_told = False

    app.timer(_EVERY_SECONDS, name="looking-ahead")(look)
