-- positions: the next offset to store, by partition
SELECT kafka_partition, last_offset + 1 FROM stream_positions WHERE topic = $1;

-- raw: rows, different records, kilobits and session seconds
SELECT count(*), count(DISTINCT (epoch, kafka_partition, kafka_offset)),
       COALESCE(sum(video_profile_kbps * heartbeat_seconds::bigint), 0)::bigint,
       COALESCE(sum(heartbeat_seconds), 0)::bigint
FROM content_sessions;

-- make_copied: a table for COPY to be timed into
CREATE TABLE copied (LIKE content_sessions INCLUDING ALL);

-- progress: records stored, and how much WAL was ever written
SELECT COALESCE((SELECT sum(last_offset + 1) FROM stream_positions), 0),
       pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0');

-- sizes: bytes of each table with its indexes; partitions count for their table
SELECT COALESCE(parent.relname, own.relname) AS name, sum(pg_total_relation_size(own.oid))::int8
FROM pg_class own
LEFT JOIN pg_inherits inherits ON inherits.inhrelid = own.oid
LEFT JOIN pg_class parent ON parent.oid = inherits.inhparent
WHERE own.relkind = 'r' AND own.relnamespace = 'public'::regnamespace
GROUP BY 1;

-- rows_written: rows inserted and updated since the database was made
SELECT sum(n_tup_ins + n_tup_upd)::int8 FROM pg_stat_user_tables;

-- media_rows: what is stored of media events
SELECT count(*) FROM media_events;
