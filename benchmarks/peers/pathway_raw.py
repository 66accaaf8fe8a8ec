"""Pathway: raw rows of one topic into one table. Run by benchmarks/pathway.py, by Pathway's Python.

python pathway_raw.py BROKER TOPIC HOST PORT DATABASE
"""

import sys
from uuid import uuid4

import pathway as pw

broker, topic, host, port, database = sys.argv[1:]


class ContentSession(pw.Schema):  # type: ignore[misc]  # pathway has no types here
    time: str
    session_id: str
    platform: str
    channel: str
    asn: int
    current_cdn: str
    video_profile_kbps: int


sessions = pw.io.kafka.read(
    {
        "bootstrap.servers": broker,
        "group.id": f"pathway-{uuid4()}",
        "auto.offset.reset": "earliest",
        "session.timeout.ms": "6000",
    },
    topic=topic,
    schema=ContentSession,
    format="json",
    autocommit_duration_ms=500,
)
# "time" is a column of Pathway's own
rows = sessions.select(
    ts=pw.this.time,
    session_id=pw.this.session_id,
    platform=pw.this.platform,
    channel=pw.this.channel,
    asn=pw.this.asn,
    current_cdn=pw.this.current_cdn,
    video_profile_kbps=pw.this.video_profile_kbps,
)
pw.io.postgres.write(
    rows,
    {"host": host, "port": port, "dbname": database, "user": "postgres", "password": "unused"},
    "pathway_sessions",
    init_mode="create_if_not_exists",
    max_batch_size=20_000,
)
pw.run(monitoring_level=pw.MonitoringLevel.NONE)
