-- traffic_by_cdn_and_asn: the view's totals; minutes since 1970
SELECT (extract(epoch FROM window_start) / 60)::int8, current_cdn, asn, events, kilobits, session_seconds
FROM traffic_by_cdn_and_asn;

-- traffic_by_cdn: the view's totals
SELECT (extract(epoch FROM window_start) / 60)::int8, current_cdn, events, kilobits, session_seconds
FROM traffic_by_cdn;

-- traffic_by_asn: the view's totals
SELECT (extract(epoch FROM window_start) / 60)::int8, asn, events, kilobits, session_seconds
FROM traffic_by_asn;

-- content_sessions: raw rows by key
SELECT current_cdn, asn, count(*), sum(video_profile_kbps)
FROM content_sessions GROUP BY current_cdn, asn;

-- event_dead_letters: by reason
SELECT reason, count(*) FROM event_dead_letters GROUP BY reason;

-- places: how many records, how many different ones, the first and the last of each partition
SELECT epoch, kafka_partition, count(*), count(DISTINCT kafka_offset), min(kafka_offset), max(kafka_offset)
FROM (
    SELECT epoch, kafka_partition, kafka_offset FROM content_sessions
    UNION ALL
    SELECT epoch, partition, "offset" FROM event_dead_letters
) AS stored
GROUP BY epoch, kafka_partition;

-- doubles: records that are stored more than once
SELECT kafka_partition, kafka_offset, count(*)
FROM (
    SELECT kafka_partition, kafka_offset FROM content_sessions
    UNION ALL
    SELECT partition, "offset" FROM event_dead_letters
) AS stored
GROUP BY kafka_partition, kafka_offset HAVING count(*) > 1
ORDER BY kafka_partition, kafka_offset LIMIT 20;

-- missing: offsets below $2 of partition $1 that are stored nowhere
SELECT kafka_offset FROM generate_series(0, $2::int8 - 1) AS kafka_offset
EXCEPT SELECT kafka_offset FROM content_sessions WHERE kafka_partition = $1::int4
EXCEPT SELECT "offset" FROM event_dead_letters WHERE partition = $1::int4
ORDER BY kafka_offset LIMIT 20;

-- positions: the next offset to store, by partition
SELECT kafka_partition, last_offset + 1 FROM stream_positions;
