-- What "Overview" asks the database: what the other dashboards ask, together.

-- oldest: as in operations.sql
SELECT max(greatest(extract(epoch FROM least($__timeTo()::timestamptz, now()) - stored), 0))::double precision AS seconds
FROM (SELECT topic, to_timestamp(max(last_timestamp) / 1000.0) AS stored FROM stream_positions GROUP BY topic) AS newest
WHERE stored > now() - interval '1 day'
  AND NOT EXISTS (SELECT FROM alert_settings, jsonb_array_elements_text(value) AS quiet
                  WHERE name = 'quiet_streams' AND right(topic, length(quiet)) = quiet);

-- traffic: Mbit/s of all CDNs in full windows
SELECT window_start AS time, sum(traffic_mbps) AS "Traffic"
FROM traffic_by_cdn
WHERE $__timeFilter(window_start) AND window_start + make_interval(secs => window_seconds + 5) <= now()
GROUP BY window_start
ORDER BY 1;

-- traffic_by_cdn: Mbit/s by window
SELECT window_start AS time, window_seconds AS seconds, current_cdn AS metric, traffic_mbps AS value
FROM traffic_by_cdn
WHERE $__timeFilter(window_start)
ORDER BY 1, 3;

-- cdns: what each carries of what it can, the last full window
SELECT coalesce(cdn_name, current_cdn) AS "CDN", coalesce(traffic_mbps, 0) AS "Traffic",
       100 * coalesce(traffic_mbps, 0) / nullif(max_capacity_mbps, 0) AS "Used",
       kilobits / 1000.0 / nullif(session_seconds, 0) AS "Bitrate"
FROM cdn_capacity
FULL JOIN (SELECT current_cdn, traffic_mbps, kilobits, session_seconds FROM traffic_by_cdn
           WHERE window_start = (SELECT last_full_window('traffic_by_cdn', $__timeTo()))) AS carried
       ON current_cdn = cdn_name
ORDER BY 1;

-- streams: rows of each minute of event time, minutes without any included
SELECT window_start AS time, stream AS metric, rows AS value
FROM ingestion_per_minute
WHERE $__timeFilter(window_start) AND window_start <= now() - interval '65 seconds'
ORDER BY 1, 2;

-- media: events a minute by type
SELECT window_start AS time, max(window_seconds) AS seconds, event_type AS metric,
       sum(events * 60.0 / window_seconds) AS value
FROM media_events_by_type
WHERE $__timeFilter(window_start)
GROUP BY window_start, event_type
ORDER BY 1, 3;

-- activity: events a minute by type
SELECT window_start AS time, window_seconds AS seconds, event_type AS metric,
       events * 60.0 / window_seconds AS value
FROM user_activity_by_type
WHERE $__timeFilter(window_start)
ORDER BY 1, 3;

-- purchases: articles a minute, of all countries
SELECT window_start AS time, max(window_seconds) AS seconds, 'Articles' AS metric,
       sum(purchases * 60.0 / window_seconds) AS value
FROM purchases_by_country
WHERE $__timeFilter(window_start)
GROUP BY window_start
ORDER BY 1;

-- trades: a minute, of all products
SELECT window_start AS time, max(window_seconds) AS seconds, 'Trades' AS metric,
       sum(trades * 60.0 / window_seconds) AS value
FROM candles_by_product
WHERE $__timeFilter(window_start)
GROUP BY window_start
ORDER BY 1;
