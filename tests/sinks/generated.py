"""Records of every kind that the generator makes, stored as a worker would."""

from dataclasses import replace

from generator.clients import Simulation
from generator.traffic import Fractions, Traffic
from models.batches import Batch
from models.decode import Decoder
from models.positions import TopicPartition
from models.records import RecordBatch
from models.streams import Stream
from models.validation import Limits
from sinks.base import Sink
from tests.models.records import NOW_MILLISECONDS, KafkaRecord

PARTITIONS = 2
_RECORDS = 600


async def store_generated(sink: Sink, stream: Stream, step_ms: int) -> Batch:
    """Store records of two partitions in three writes, each `step_ms` after the one before.

    Those of the last are dead letters. Gives all of them, and closes the sink.
    """
    stream, topic = replace(stream, windows=()), stream.topic
    decoder = Decoder(stream, Limits())
    simulation = Simulation(1, 1_000, NOW_MILLISECONDS - 1_000)
    made = [record.value for record in Traffic(topic, simulation, Fractions()).take(_RECORDS)]
    whole = Batch(stream)
    tps = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    writes: list[list[bytes | None]] = [made[:400], made[400:], [None] * 5]
    for step, values in enumerate(writes):
        one = Batch(stream)
        for tp in tps:
            start = (await sink.positions(tps))[tp].last_offset + 1
            records = [
                KafkaRecord(offset, value, NOW_MILLISECONDS + step * step_ms)
                for offset, value in enumerate(values, start)
            ]
            decoded = decoder.decode(RecordBatch(tp, start, start + len(records), records))
            one.add(decoded, sink.encode(decoded, 1))
            whole.add(decoded, None)
        await sink.write(one, await sink.positions(tps))
    await sink.close()
    return whole
