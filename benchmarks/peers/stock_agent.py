"""A Faust agent with one windowed table, as its documentation teaches: no batches, no database.

Run by benchmarks/stock.py, with its settings in the environment. Every 500 events it prints how
many they were and the seconds since the first: the only thing that the documentation has not.
"""

import os
import sys
import time
from datetime import datetime, timedelta

import faust
from faust.types import StreamT

REPORT_EVERY = 500


class ContentSession(faust.Record, coerce=True):
    time: datetime
    session_id: str
    platform: str
    channel: str
    asn: int
    current_cdn: str
    video_profile_kbps: int


app = faust.App(
    os.environ["GROUP"],
    broker=f"kafka://{os.environ['BROKER']}",
    store="memory://",
    topic_partitions=4,
    web_port=int(os.environ["PORT"]),
    datadir=os.environ["DATADIR"],
)
sessions = app.topic(os.environ["TOPIC"], value_type=ContentSession)
traffic = (
    app.Table("traffic_by_cdn", default=int)
    .tumbling(timedelta(minutes=1), expires=timedelta(hours=1))
    .relative_to_field(ContentSession.time)  # type: ignore[arg-type]  # a descriptor, once Faust has made the class
)


@app.agent(sessions)
async def count_traffic(stream: StreamT[ContentSession]) -> None:
    count, began = 0, time.monotonic()
    async for session in stream:
        traffic[session.current_cdn] += session.video_profile_kbps
        if count == 0:
            began = time.monotonic()
        elif count % REPORT_EVERY == 0:
            # the real one: a worker sends what is printed to its log
            print(count, time.monotonic() - began, file=sys.__stdout__, flush=True)
        count += 1
