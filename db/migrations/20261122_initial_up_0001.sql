-- Positions: how far each partition is stored. Moved in the same transaction as the data (DESIGN 2.3).
CREATE TABLE stream_positions (
    topic           text     NOT NULL,
    kafka_partition integer  NOT NULL,
    epoch           integer  NOT NULL DEFAULT 1,
    last_offset     bigint   NOT NULL DEFAULT -1,
    last_timestamp  bigint,
    PRIMARY KEY (topic, kafka_partition)
    -- updated at every flush: room on the page lets the update stay there, without a new index entry
) WITH (fillfactor = 50);
COMMENT ON TABLE stream_positions IS 'How far each partition of each topic is stored';
COMMENT ON COLUMN stream_positions.epoch IS 'Life of the topic; "headrace epoch new" begins the next';
COMMENT ON COLUMN stream_positions.last_offset IS 'Offset of the last stored record, -1 before the first';
COMMENT ON COLUMN stream_positions.last_timestamp IS 'That record''s timestamp, milliseconds since 1970';

CREATE TABLE content_sessions (
    time               timestamptz NOT NULL,
    session_id         text        NOT NULL,
    platform           text        NOT NULL,
    channel            text        NOT NULL,
    asn                bigint      NOT NULL,
    current_cdn        text        NOT NULL,
    video_profile_kbps integer     NOT NULL,
    heartbeat_seconds  integer     NOT NULL,
    kafka_partition    integer     NOT NULL,
    kafka_offset       bigint      NOT NULL,
    epoch              integer     NOT NULL
);
-- Rows arrive nearly in the order of time: a block range index finds a dashboard's range and costs
-- the COPY next to nothing.
CREATE INDEX content_sessions_time ON content_sessions USING brin (time) WITH (pages_per_range = 32);
COMMENT ON TABLE content_sessions IS 'Heartbeats of playback sessions, one row for each record';
COMMENT ON COLUMN content_sessions.heartbeat_seconds IS 'How much viewing this heartbeat stands for';

CREATE TABLE event_dead_letters (
    time      timestamptz NOT NULL,
    topic     text        NOT NULL,
    partition integer     NOT NULL,
    "offset"  bigint      NOT NULL,
    epoch     integer     NOT NULL,
    reason    text        NOT NULL,
    detail    text        NOT NULL,
    payload   bytea
);
CREATE INDEX event_dead_letters_time ON event_dead_letters (time);
COMMENT ON TABLE event_dead_letters IS 'Records that are no rows, with their reason and untouched bytes';
COMMENT ON COLUMN event_dead_letters.time IS 'The record''s own timestamp';

-- Windows hold totals by partition, so that workers never touch the same row; the views add them up.
CREATE TABLE traffic_by_cdn_windows (
    window_start    timestamptz NOT NULL,
    partition       integer     NOT NULL,
    current_cdn     text        NOT NULL,
    events          bigint      NOT NULL,
    kilobits        bigint      NOT NULL,
    session_seconds bigint      NOT NULL,
    PRIMARY KEY (window_start, partition, current_cdn)
) WITH (fillfactor = 70);

CREATE TABLE traffic_by_asn_windows (
    window_start    timestamptz NOT NULL,
    partition       integer     NOT NULL,
    asn             bigint      NOT NULL,
    events          bigint      NOT NULL,
    kilobits        bigint      NOT NULL,
    session_seconds bigint      NOT NULL,
    PRIMARY KEY (window_start, partition, asn)
) WITH (fillfactor = 70);

CREATE TABLE traffic_by_cdn_and_asn_windows (
    window_start    timestamptz NOT NULL,
    partition       integer     NOT NULL,
    current_cdn     text        NOT NULL,
    asn             bigint      NOT NULL,
    events          bigint      NOT NULL,
    kilobits        bigint      NOT NULL,
    session_seconds bigint      NOT NULL,
    PRIMARY KEY (window_start, partition, current_cdn, asn)
) WITH (fillfactor = 70);

-- kilobits / 60 / 1000 = megabits per second over the minute; a session that beats every 10 s stands
-- for 10 of the minute's seconds each time, so session_seconds / 60 is the mean number of sessions.
CREATE VIEW traffic_by_cdn AS
SELECT window_start, current_cdn,
       sum(events)::bigint AS events,
       sum(kilobits)::bigint AS kilobits,
       sum(session_seconds)::bigint AS session_seconds,
       (sum(kilobits) / 60 / 1000)::double precision AS traffic_mbps,
       (sum(session_seconds) / 60)::double precision AS concurrent_sessions
FROM traffic_by_cdn_windows
GROUP BY window_start, current_cdn;
COMMENT ON VIEW traffic_by_cdn IS 'Traffic by minute and CDN';

CREATE VIEW traffic_by_asn AS
SELECT window_start, asn,
       sum(events)::bigint AS events,
       sum(kilobits)::bigint AS kilobits,
       sum(session_seconds)::bigint AS session_seconds,
       (sum(kilobits) / 60 / 1000)::double precision AS traffic_mbps,
       (sum(session_seconds) / 60)::double precision AS concurrent_sessions
FROM traffic_by_asn_windows
GROUP BY window_start, asn;
COMMENT ON VIEW traffic_by_asn IS 'Traffic by minute and network (autonomous system)';

CREATE VIEW traffic_by_cdn_and_asn AS
SELECT window_start, current_cdn, asn,
       sum(events)::bigint AS events,
       sum(kilobits)::bigint AS kilobits,
       sum(session_seconds)::bigint AS session_seconds,
       (sum(kilobits) / 60 / 1000)::double precision AS traffic_mbps,
       (sum(session_seconds) / 60)::double precision AS concurrent_sessions
FROM traffic_by_cdn_and_asn_windows
GROUP BY window_start, current_cdn, asn;
COMMENT ON VIEW traffic_by_cdn_and_asn IS 'Traffic by minute, CDN and network';

CREATE TABLE cdn_capacity (
    cdn_name          text PRIMARY KEY,
    max_capacity_mbps integer NOT NULL CHECK (max_capacity_mbps >= 0)
);
COMMENT ON TABLE cdn_capacity IS 'What each CDN can carry; edit freely';
INSERT INTO cdn_capacity VALUES ('Akamai', 500), ('Fastly', 750), ('CloudFront', 300);

CREATE TABLE cdn_priority (
    asn            bigint  NOT NULL,
    priority_level integer NOT NULL,
    cdn_name       text    NOT NULL REFERENCES cdn_capacity,
    PRIMARY KEY (asn, priority_level)
);
COMMENT ON TABLE cdn_priority IS 'Order of CDNs for each network; asn 0 is the default; edit freely';
INSERT INTO cdn_priority VALUES (0, 1, 'Akamai'), (0, 2, 'Fastly'), (0, 3, 'CloudFront');

-- time_bucket comes from TimescaleDB. Where that is not, this one gives the same answers for fixed
-- widths: buckets are counted from Monday, 2000-01-03, as TimescaleDB's are.
DO $install$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_proc WHERE proname = 'time_bucket') THEN
        CREATE FUNCTION time_bucket(bucket_width interval, ts timestamptz) RETURNS timestamptz
        LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
        RETURN date_bin(bucket_width, ts, timestamptz '2000-01-03 00:00:00+00');
    END IF;
END
$install$;
