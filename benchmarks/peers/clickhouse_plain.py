"""Kafka to ClickHouse as a plain program does it, with no exactness. Run by benchmarks/sinks.

python -m benchmarks.peers.clickhouse_plain BROKER TOPIC PORT TABLE

librdkafka's consumer, msgspec's JSON, clickhouse-connect's insert by columns in blocks of 100,000
rows, then an asynchronous commit of the offsets: a crash stores a block twice. Prints when the
first records have come.
"""

import sys
import time
from datetime import datetime
from uuid import uuid4

import clickhouse_connect
import msgspec
from confluent_kafka import Consumer

_BLOCK_ROWS = 100_000
_AT_ONCE = 10_000
_WAIT_SECONDS = 0.5


class Heartbeat(msgspec.Struct):
    time: datetime
    session_id: str
    platform: str
    channel: str
    asn: int
    current_cdn: str
    video_profile_kbps: int
    heartbeat_seconds: int = 10
    buffer_ms: int | None = None
    rebuffer_ms: int | None = None
    throughput_kbps: int | None = None
    errors: int | None = None
    startup_ms: int | None = None
    player: str | None = None


NAMES = [*Heartbeat.__struct_fields__, "kafka_partition", "kafka_offset"]


def main(broker: str, topic: str, port: str, table: str) -> None:
    client = clickhouse_connect.get_client(host="127.0.0.1", port=int(port), compress=False)
    consumer = Consumer(
        {
            "bootstrap.servers": broker,
            "group.id": f"plain-{uuid4()}",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "session.timeout.ms": 6_000,
        }
    )
    consumer.subscribe([topic])
    decode, astuple = msgspec.json.Decoder(Heartbeat).decode, msgspec.structs.astuple
    rows: list[tuple[object, ...]] = []
    has_begun = False
    while True:
        messages = consumer.consume(_AT_ONCE, _WAIT_SECONDS)
        if messages and not has_begun:
            print(f"began {time.time()}", flush=True)
            has_begun = True
        rows += [
            (*astuple(decode(message.value() or b"")), message.partition(), message.offset())
            for message in messages
        ]
        if len(rows) >= _BLOCK_ROWS or (rows and not messages):
            columns = list(zip(*rows, strict=True))
            client.insert(table, columns, column_names=NAMES, column_oriented=True)
            consumer.commit(asynchronous=True)
            rows = []


if __name__ == "__main__":
    main(*sys.argv[1:])
