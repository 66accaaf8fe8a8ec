"""How topics end: whether anything is in them, and which trades the exchange goes on from."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition

from generator.clients import LastTrade
from generator.market_ticks.products import PRODUCTS
from generator.target import Target
from models.all import STREAMS
from models.decode import Decoder
from models.positions import TopicPartition as Place
from models.records import RecordBatch
from models.validation import Limits

TICKS = "market_ticks"
_LOOKED_AT = 2_000  # records of each partition: the rarest product has dozens among them


async def are_empty(targets: Sequence[Target]) -> bool:
    """Say whether no topic ever had a record."""
    async with _consumer(targets) as (_, ends):
        return not any(ends.values())


async def last_trades(target: Target) -> dict[str, LastTrade]:
    """Give the trade with the highest sequence of each product, among the topic's last records."""
    found: dict[str, LastTrade] = {}
    async with _consumer([target]) as (consumer, ends):
        begins = await consumer.beginning_offsets(list(ends))
        for place, end in ends.items():
            consumer.seek(place, max(begins[place], end - _LOOKED_AT))
        while any([await consumer.position(place) < end for place, end in ends.items()]):
            for place, records in (await consumer.getmany(timeout_ms=1_000)).items():
                start, end = records[0].offset, records[-1].offset + 1
                _look(RecordBatch(Place(*place), start, end, records), found)
    return found


def _look(batch: RecordBatch, found: dict[str, LastTrade]) -> None:
    """Read as the worker does, so that what it refuses leads nobody astray."""
    decoded = Decoder(STREAMS[TICKS], Limits()).decode(batch)
    names = STREAMS[TICKS].column_names
    column = dict(zip(names, decoded.columns, strict=True))
    decimals = {product.id: product.price_decimals for product in PRODUCTS}
    told = (column[name] for name in ("product_id", "sequence", "trade_id", "price"))
    for product, sequence, trade_id, price in zip(*told, strict=True):
        before = found.get(product)
        if product in decimals and (before is None or sequence > before.sequence):
            units = int(price.scaleb(decimals[product]))
            found[product] = LastTrade(sequence, trade_id, units)


@asynccontextmanager
async def _consumer(
    targets: Sequence[Target],
) -> AsyncIterator[tuple[AIOKafkaConsumer, dict[TopicPartition, int]]]:
    """Give one that reads all partitions, and where each of them ends now."""
    consumer = AIOKafkaConsumer(
        *(target.topic for target in targets),
        bootstrap_servers=targets[0].broker,
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        yield consumer, await consumer.end_offsets(consumer.assignment())
    finally:
        await consumer.stop()
