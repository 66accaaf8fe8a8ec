-- rows: how many there are of each stream, all told
SELECT 'content_sessions', count(*) FROM content_sessions
UNION ALL SELECT 'media_events', count(*) FROM media_events
UNION ALL SELECT 'user_activity', count(*) FROM user_activity
UNION ALL SELECT 'purchases', count(*) FROM purchases
UNION ALL SELECT 'market_ticks', count(*) FROM market_ticks;

-- dead_letters: how many there are of each topic and reason
SELECT topic, reason, count(*) FROM event_dead_letters WHERE topic = ANY($1) GROUP BY topic, reason;

-- traffic_by_cdn: each window's numbers, as the view gives them to everybody
SELECT concat_ws('|', to_char(window_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), current_cdn),
       events, kilobits
FROM traffic_by_cdn;

-- quality_by_cdn_and_asn: each window's numbers
SELECT concat_ws('|', to_char(window_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), current_cdn, asn),
       reported_seconds, stalls, rebuffer_ms, errors, startups, startup_ms, throughputs, throughput_kbps
FROM quality_by_cdn_and_asn;

-- media_events_by_type: each window's numbers
SELECT concat_ws('|', to_char(window_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), event_type,
                 content_type),
       events
FROM media_events_by_type;

-- content_plays: each window's numbers
SELECT concat_ws('|', to_char(window_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), content_id,
                 title),
       plays, stops
FROM content_plays;

-- user_event_summary: events of all users, and how many users; a row for each would be millions
SELECT concat_ws('|', to_char(event_minute, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), event_type),
       sum(event_count), count(*)
FROM user_event_summary
GROUP BY event_minute, event_type;

-- purchases_by_country: each window's numbers
SELECT concat_ws('|', to_char(window_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), country,
                 currency),
       purchases, quantity, amount
FROM purchases_by_country;

-- candles_by_product: each window's numbers
SELECT concat_ws('|', to_char(window_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), product_id),
       trades, volume, open, high, low, close, first_sequence, last_sequence
FROM candles_by_product;

-- positions: the next offset to store, by partition
SELECT kafka_partition, last_offset + 1 FROM stream_positions WHERE topic = $1;
