-- no_data: 1 for each stream of which nothing newer than a minute is stored, else 0
-- Silence counts from the start of the database at the earliest: what was switched off for a night
-- does not begin the day with an alert. A stream without a record is not run here, or not yet.
WITH known (stream) AS (
    VALUES ('content_sessions'), ('media_events'), ('user_activity'), ('purchases'), ('market_ticks')
), newest AS (
    -- the topic may have a prefix; a stream of one's own goes by its topic
    SELECT coalesce(known.stream, topic) AS stream, to_timestamp(max(last_timestamp) / 1000.0) AS stored
    FROM stream_positions
    LEFT JOIN known ON right(topic, length(known.stream)) = known.stream
    GROUP BY 1
), quiet AS (
    SELECT jsonb_array_elements_text(value) AS stream FROM alert_settings WHERE name = 'quiet_streams'
)
SELECT now() AS time,
       stream,
       CASE WHEN stream IN (SELECT quiet.stream FROM quiet) THEN 0
            WHEN greatest(stored, pg_postmaster_start_time()) < now() - interval '1 minute'
                 AND stored IS NOT NULL THEN 1
            ELSE 0
       END::double precision AS silent
FROM known
FULL JOIN newest USING (stream)
ORDER BY stream;

-- dead_letters: share of dead letters among the records of the last ten minutes, by stream; 0 if they are fewer than ten
-- Records are counted in two ways, and the larger number holds: rows by their event time, which misses
-- what was produced late, and offsets since the first of these letters, which misses what was before.
WITH known (stream) AS (
    VALUES ('content_sessions'), ('media_events'), ('user_activity'), ('purchases'), ('market_ticks')
), refused AS (
    SELECT topic, partition AS kafka_partition, epoch, count(*) AS letters, min("offset") AS first_offset
    FROM event_dead_letters
    WHERE time >= now() - interval '10 minutes'
    GROUP BY 1, 2, 3
), by_offset AS (
    SELECT coalesce(known.stream, topic) AS stream,
           coalesce(sum(letters), 0) AS letters,
           coalesce(sum(last_offset - first_offset + 1), 0) AS records
    FROM stream_positions
    LEFT JOIN refused USING (topic, kafka_partition, epoch)
    LEFT JOIN known ON right(topic, length(known.stream)) = known.stream
    GROUP BY 1
), by_time AS (
    SELECT stream, sum(rows) AS rows
    FROM ingestion_per_minute
    WHERE window_start >= now() - interval '10 minutes'
    GROUP BY stream
)
SELECT now() AS time,
       stream,
       CASE WHEN letters >= 10 THEN letters / greatest(records, letters + rows) ELSE 0
       END::double precision AS share
FROM by_offset
FULL JOIN by_time USING (stream)
ORDER BY stream;

-- cdn_usage: share of each CDN's capacity that was used in the last windows that are over: five minutes of them
-- Of windows that do not make five minutes (HEADRACE_WINDOW_SECONDS), as few as make more.
WITH span AS (
    SELECT date_bin(length, now(), 'epoch') AS ends, ceil(300 / extract(epoch FROM length))::integer * length AS long
    FROM window_length('traffic_by_cdn', now()) AS length
)
SELECT now() AS time,
       cdn_name AS cdn,
       CASE WHEN max_capacity_mbps > 0
            THEN coalesce(sum(kilobits), 0) / extract(epoch FROM long) / 1000 / max_capacity_mbps
            ELSE 0
       END::double precision AS share
FROM span
CROSS JOIN cdn_capacity
LEFT JOIN traffic_by_cdn
       ON current_cdn = cdn_name
      AND window_start >= (SELECT ends - long FROM span)
      AND window_start < (SELECT ends FROM span)
GROUP BY cdn_name, max_capacity_mbps, long
ORDER BY cdn_name;

-- sequence_gaps: share of sequence numbers that nobody saw in ten minutes, by product; 0 if they are fewer than ten
-- The last minute that is over is left out: partitions may be a flush apart. Windows are whole, and as few as make
-- ten minutes or more.
WITH span AS (
    SELECT date_bin(length, now() - interval '1 minute', 'epoch') AS ends,
           ceil(600 / extract(epoch FROM length))::integer * length AS long
    FROM window_length('candles_by_product', now()) AS length
)
SELECT now() AS time,
       product_id AS product,
       CASE WHEN sum(missing) >= 10 THEN sum(missing) / (sum(missing) + sum(trades)) ELSE 0
       END::double precision AS share
FROM candles_by_product
WHERE window_start >= (SELECT ends - long FROM span) AND window_start < (SELECT ends FROM span)
GROUP BY product_id
ORDER BY product_id;

-- database_size: share of the bytes that the database may hold; 0 where no limit is set
SELECT now() AS time,
       CASE WHEN allowed > 0 THEN pg_database_size(current_database()) / allowed ELSE 0
       END::double precision AS share
FROM (SELECT max((value #>> '{}')::double precision) AS allowed
      FROM alert_settings
      WHERE name = 'database_bytes_allowed') AS setting;
