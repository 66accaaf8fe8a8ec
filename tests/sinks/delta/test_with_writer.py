"""The worker's own writer with this sink: answers that were lost, two workers of one role."""

import asyncio

from tests.agents.doubles import RecordingObserver, begun, flushed, writer_to
from tests.models.records import batch_of, heartbeat
from tests.sinks.delta.sinks import offsets, sink_in
from tests.sinks.parquet.gateway import Gateway
from tests.sinks.parquet.lossy_proxy import lossy_proxy
from tests.sinks.parquet.sinks import P0, P1


async def test_records_are_stored_once_though_answers_are_lost(gateway: Gateway) -> None:
    bucket = gateway.bucket()
    with lossy_proxy(gateway.port) as proxy:
        writer = writer_to(sink_in(gateway.options(bucket, proxy.port)), RecordingObserver())
        await begun(writer, P0)
        proxy.lose = 6

        for start in range(0, 12, 3):
            await writer.accept(batch_of([heartbeat(), None, heartbeat()], start=start))
        await flushed(writer)

    assert proxy.lost == 6
    assert [offset for _, offset in offsets(gateway.options(bucket))] == [
        offset for offset in range(12) if offset % 3 != 1
    ]
    assert writer.stored()[P0].last_offset == 11


async def test_two_workers_commit_to_one_table_at_once(gateway: Gateway) -> None:
    place = gateway.options(gateway.bucket())
    writers = [writer_to(sink_in(place), RecordingObserver()) for _ in range(2)]
    for writer, tp in zip(writers, (P0, P1), strict=True):
        await begun(writer, tp)

    for start in range(0, 12, 3):
        batches = [batch_of([heartbeat()] * 3, start=start, tp=tp) for tp in (P0, P1)]
        await asyncio.gather(
            *(writer.accept(one) for writer, one in zip(writers, batches, strict=True))
        )
    await asyncio.gather(*map(flushed, writers))

    assert offsets(place) == [(number, offset) for number in (0, 1) for offset in range(12)]
