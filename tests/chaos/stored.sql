-- records: where every record is that is stored, for the queries below
WITH records (topic, epoch, partition, kafka_offset) AS (
    SELECT 'content_sessions', epoch, kafka_partition, kafka_offset FROM content_sessions
    UNION ALL
    SELECT 'media_events', epoch, kafka_partition, kafka_offset FROM media_events
    UNION ALL
    SELECT 'user_activity', epoch, kafka_partition, kafka_offset FROM user_activity
    UNION ALL
    SELECT 'purchases', epoch, kafka_partition, kafka_offset FROM purchases
    UNION ALL
    SELECT 'market_ticks', epoch, kafka_partition, kafka_offset FROM market_ticks
    UNION ALL
    SELECT substring(topic FROM '-(.*)$'), epoch, partition, "offset" FROM event_dead_letters
)

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

-- media_events_by_type: the view's totals
SELECT (extract(epoch FROM window_start) / 60)::int8, event_type, content_type, events
FROM media_events_by_type;

-- content_plays: the view's totals
SELECT (extract(epoch FROM window_start) / 60)::int8, content_id, plays, stops
FROM content_plays;

-- media_events: raw rows by key; those with unknown fields are counted
SELECT event_type, content_type, count(*), sum(position_seconds)::int8, count(extra)
FROM media_events GROUP BY event_type, content_type;

-- user_event_summary: the view's totals
SELECT (extract(epoch FROM event_minute) / 60)::int8, user_id, event_type, event_count
FROM user_event_summary;

-- user_activity: raw rows by key
SELECT event_type, count(*) FROM user_activity GROUP BY event_type;

-- purchases_by_country: the view's totals, amounts in minor units
SELECT (extract(epoch FROM window_start) / 60)::int8, country, currency, purchases, quantity,
       amount * CASE currency WHEN 'JPY' THEN 1 WHEN 'KWD' THEN 1000 ELSE 100 END
FROM purchases_by_country;

-- purchases: raw rows by key, amounts in minor units
SELECT currency, count(*), sum(quantity),
       sum(amount * CASE currency WHEN 'JPY' THEN 1 WHEN 'KWD' THEN 1000 ELSE 100 END)
FROM purchases GROUP BY currency;

-- candles_by_product: the view's, prices in cents, volumes in hundred millionths
SELECT (extract(epoch FROM window_start) / 60)::int8, product_id, trades, first_sequence, open * 100,
       high * 100, low * 100, last_sequence, close * 100, volume * 100000000
FROM candles_by_product;

-- market_ticks: raw rows by key
SELECT product_id, count(*), sum(price) * 100, sum(last_size) * 100000000
FROM market_ticks GROUP BY product_id;

-- event_dead_letters: by topic and reason
SELECT topic, reason, count(*) FROM event_dead_letters GROUP BY topic, reason;

-- places: how many records, how many different ones, the first and the last of each partition
SELECT topic, epoch, partition, count(*), count(DISTINCT kafka_offset), min(kafka_offset), max(kafka_offset)
FROM records
GROUP BY topic, epoch, partition;

-- doubles: records that are stored more than once
SELECT topic, partition, kafka_offset, count(*)
FROM records
GROUP BY topic, partition, kafka_offset HAVING count(*) > 1
ORDER BY topic, partition, kafka_offset LIMIT 20;

-- missing: offsets below $3 of topic $1 and partition $2 that are stored nowhere
SELECT kafka_offset FROM generate_series(0, $3::int8 - 1) AS kafka_offset
EXCEPT SELECT kafka_offset FROM records WHERE topic = $1::text AND partition = $2::int4
ORDER BY kafka_offset LIMIT 20;

-- positions: the next offset to store, by topic and partition
SELECT topic, kafka_partition, last_offset + 1 FROM stream_positions;
