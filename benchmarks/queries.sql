-- positions: the next offset to store, by partition
SELECT kafka_partition, last_offset + 1 FROM stream_positions WHERE topic = $1;

-- raw: rows, different records, kilobits and session seconds
SELECT count(*), count(DISTINCT (epoch, kafka_partition, kafka_offset)),
       COALESCE(sum(video_profile_kbps * heartbeat_seconds::bigint), 0)::bigint,
       COALESCE(sum(heartbeat_seconds), 0)::bigint
FROM content_sessions;

-- make_copied: a table for COPY to be timed into
CREATE TABLE copied (LIKE content_sessions INCLUDING ALL);
