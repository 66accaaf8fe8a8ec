"""The worker's own writer with this sink: batches as they come, answers that were lost, S3 away."""

import asyncio

from tests.agents.doubles import RecordingObserver, begun, flushed, writer_to
from tests.models.records import batch_of, heartbeat
from tests.sinks.parquet.gateway import Gateway
from tests.sinks.parquet.lossy_proxy import lossy_proxy
from tests.sinks.parquet.sinks import P0, offsets, sink_in


async def test_records_are_stored_once_though_answers_are_lost(gateway: Gateway) -> None:
    bucket = gateway.bucket()
    with lossy_proxy(gateway.port) as proxy:
        writer = writer_to(sink_in(gateway.options(bucket, proxy.port)), RecordingObserver())
        await begun(writer, P0)
        proxy.lose = 4

        for start in range(0, 12, 3):
            await writer.accept(batch_of([heartbeat(), None, heartbeat()], start=start))
        await flushed(writer)

    assert proxy.lost == 4
    assert [offset for _, offset in offsets(gateway.options(bucket))] == [
        offset for offset in range(12) if offset % 3 != 1
    ]
    assert writer.stored()[P0].last_offset == 11


async def test_what_waits_while_s3_is_away_is_stored_when_it_is_back(own_gateway: Gateway) -> None:
    place = own_gateway.options(own_gateway.bucket()) | {"timeout_seconds": 1}
    ear = RecordingObserver()
    writer = writer_to(sink_in(place), ear)
    await begun(writer, P0)
    own_gateway.kill()

    await writer.accept(batch_of([heartbeat(), heartbeat()]))
    async with asyncio.timeout(30):
        while not any("cannot be reached" in told for told in ear.told):  # noqa: ASYNC110 - the observer sets no event
            await asyncio.sleep(0.05)
    own_gateway.start()
    await flushed(writer)

    assert offsets(place) == [(0, 0), (0, 1)]


async def test_another_writer_goes_on_where_one_gave_up(gateway: Gateway) -> None:
    place = gateway.options(gateway.bucket())
    one, other = (writer_to(sink_in(place), RecordingObserver()) for _ in range(2))
    await begun(one, P0)
    await one.accept(batch_of([heartbeat()] * 3))
    await one.give_up(within_seconds=30)

    [begin] = await begun(other, P0)
    await other.accept(batch_of([heartbeat()] * 2, start=begin))
    await flushed(other)

    assert begin == 3
    assert offsets(place) == [(0, offset) for offset in range(5)]
