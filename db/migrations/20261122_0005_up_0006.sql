-- The first release's tables become the past of the new ones. Locked in the order in which its workers
-- take them, so that neither waits for the other for ever.
SET LOCAL lock_timeout = '2s';

SELECT keep_table('content_sessions', 'time', 'raw');
SELECT keep_table('traffic_by_cdn_and_asn_windows', 'window_start', 'windows');
SELECT keep_table('traffic_by_cdn_windows', 'window_start', 'windows');
SELECT keep_table('traffic_by_asn_windows', 'window_start', 'windows');

-- As they were, but for the length of a window, which now stands in its row.
CREATE OR REPLACE VIEW traffic_by_cdn AS
SELECT window_start, current_cdn,
       sum(events)::bigint AS events,
       sum(kilobits)::bigint AS kilobits,
       sum(session_seconds)::bigint AS session_seconds,
       (sum(kilobits) / max(window_seconds) / 1000)::double precision AS traffic_mbps,
       (sum(session_seconds) / max(window_seconds))::double precision AS concurrent_sessions
FROM traffic_by_cdn_windows
GROUP BY window_start, current_cdn;

CREATE OR REPLACE VIEW traffic_by_asn AS
SELECT window_start, asn,
       sum(events)::bigint AS events,
       sum(kilobits)::bigint AS kilobits,
       sum(session_seconds)::bigint AS session_seconds,
       (sum(kilobits) / max(window_seconds) / 1000)::double precision AS traffic_mbps,
       (sum(session_seconds) / max(window_seconds))::double precision AS concurrent_sessions
FROM traffic_by_asn_windows
GROUP BY window_start, asn;

CREATE OR REPLACE VIEW traffic_by_cdn_and_asn AS
SELECT window_start, current_cdn, asn,
       sum(events)::bigint AS events,
       sum(kilobits)::bigint AS kilobits,
       sum(session_seconds)::bigint AS session_seconds,
       (sum(kilobits) / max(window_seconds) / 1000)::double precision AS traffic_mbps,
       (sum(session_seconds) / max(window_seconds))::double precision AS concurrent_sessions
FROM traffic_by_cdn_and_asn_windows
GROUP BY window_start, current_cdn, asn;

-- Every minute of the last 24 hours, for every stream, also those in which nothing came. The smallest
-- window of each stream counts its rows; one longer than a minute shares them among its minutes.
CREATE VIEW ingestion_per_minute AS
WITH span AS (
    SELECT date_bin('1 minute', now(), '2000-01-03 00:00:00+00') - interval '1439 minutes' AS first_minute,
           date_bin('1 minute', now(), '2000-01-03 00:00:00+00') AS last_minute
), counted AS (
    SELECT 'content_sessions' AS stream, window_start, window_seconds, events FROM traffic_by_cdn_windows
    UNION ALL
    SELECT 'media_events', window_start, window_seconds, events FROM media_events_by_type_windows
    UNION ALL
    SELECT 'user_activity', window_start, window_seconds, events FROM user_activity_by_type_windows
    UNION ALL
    SELECT 'purchases', window_start, window_seconds, purchases FROM purchases_by_country_windows
    UNION ALL
    SELECT 'market_ticks', window_start, window_seconds, trades FROM candles_by_product_windows
), recent AS (
    SELECT stream, window_start, greatest(window_seconds / 60, 1) AS minutes, sum(events)::bigint AS events
    FROM counted
    -- a day more, since a window may be as long
    WHERE window_start >= now() - interval '2 days' AND window_start <= now()
    GROUP BY stream, window_start, window_seconds
), shared AS (
    SELECT stream,
           date_bin('1 minute', window_start, '2000-01-03 00:00:00+00')
               + nth * interval '1 minute' AS minute,
           events / minutes + CASE WHEN nth = 0 THEN events % minutes ELSE 0 END AS events
    FROM recent, generate_series(0, minutes - 1) AS nth
), per_minute AS (
    SELECT stream, minute, sum(events)::bigint AS events FROM shared GROUP BY stream, minute
)
SELECT stream, minute AS window_start, coalesce(events, 0) AS rows
FROM span,
     generate_series(first_minute, last_minute, interval '1 minute') AS minute
     CROSS JOIN unnest(ARRAY['content_sessions', 'media_events', 'user_activity', 'purchases',
                             'market_ticks']) AS stream
     LEFT JOIN per_minute USING (stream, minute);
COMMENT ON VIEW ingestion_per_minute IS 'Rows that came in each minute of the last 24 hours, zeros included';
