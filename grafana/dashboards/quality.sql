-- What "Quality of experience" asks. Bitrates are those that players report. What windows do not count (how viewing
-- is spread over bitrates, changes of CDN) comes from raw rows, of the last three hours of the range at most.

-- cdns: to choose from
SELECT DISTINCT current_cdn FROM traffic_by_cdn_per_hour
WHERE window_start >= date_trunc('hour', $__timeFrom()::timestamptz, 'UTC') AND window_start <= $__timeTo()
ORDER BY 1;

-- low_now: percent of viewing below 1 Mbit/s in the last five minutes
SELECT 100.0 * coalesce(sum(heartbeat_seconds) FILTER (WHERE video_profile_kbps < 1000), 0)
           / nullif(sum(heartbeat_seconds), 0) AS low
FROM content_sessions
WHERE time > least($__timeTo()::timestamptz, now()) - interval '5 minutes' AND time <= $__timeTo()
  AND ('*' IN ($cdn) OR current_cdn IN ($cdn));

-- bitrate_now: Mbit/s of a session, the last full window
SELECT sum(kilobits) / 1000.0 / nullif(sum(session_seconds), 0) AS bitrate
FROM traffic_by_cdn
WHERE window_start = (SELECT last_full_window('traffic_by_cdn', $__timeTo()))
  AND ('*' IN ($cdn) OR current_cdn IN ($cdn));

-- low_by_cdn: percent of viewing below 1 Mbit/s by minute
SELECT date_trunc('minute', time) AS time, 60 AS seconds, current_cdn AS metric,
       100.0 * coalesce(sum(heartbeat_seconds) FILTER (WHERE video_profile_kbps < 1000), 0)
           / sum(heartbeat_seconds) AS value
FROM content_sessions
WHERE $__timeFilter(time) AND time >= least($__timeTo()::timestamptz, now()) - interval '3 hours'
  AND ('*' IN ($cdn) OR current_cdn IN ($cdn))
GROUP BY 1, 3
ORDER BY 1, 3;

-- pairs: Mbit/s of a session by CDN and network over the range, of the twelve networks with the most viewing; by hour
-- where the range is long
WITH seen AS (
    SELECT current_cdn, asn, kilobits, session_seconds FROM traffic_by_cdn_and_asn
    WHERE $__timeFilter(window_start)
      AND $__timeTo()::timestamptz - $__timeFrom()::timestamptz <= interval '6 hours'
    UNION ALL
    SELECT current_cdn, asn, kilobits, session_seconds FROM traffic_by_cdn_and_asn_per_hour
    WHERE $__timeFilter(window_start)
      AND $__timeTo()::timestamptz - $__timeFrom()::timestamptz > interval '6 hours'
), most AS (
    SELECT asn FROM seen GROUP BY asn ORDER BY sum(session_seconds) DESC, asn LIMIT 12
), pair AS (
    SELECT current_cdn, asn, sum(kilobits) / 1000.0 / nullif(sum(session_seconds), 0) AS bitrate
    FROM seen JOIN most USING (asn)
    WHERE '*' IN ($cdn) OR current_cdn IN ($cdn)
    GROUP BY current_cdn, asn
)
SELECT 'AS' || asn AS "Network",
       max(bitrate) FILTER (WHERE current_cdn = 'Akamai') AS "Akamai",
       max(bitrate) FILTER (WHERE current_cdn = 'CloudFront') AS "CloudFront",
       max(bitrate) FILTER (WHERE current_cdn = 'Fastly') AS "Fastly",
       max(bitrate) FILTER (WHERE current_cdn NOT IN ('Akamai', 'CloudFront', 'Fastly')) AS "Best of others"
FROM pair
GROUP BY asn
ORDER BY asn;

-- bitrates: sessions by bitrate and minute
SELECT date_trunc('minute', time) AS time, lpad(video_profile_kbps::text, 5) || ' kbit/s' AS metric,
       sum(heartbeat_seconds) / 60.0 AS value
FROM content_sessions
WHERE $__timeFilter(time) AND time >= least($__timeTo()::timestamptz, now()) - interval '3 hours'
  AND time < date_trunc('minute', now() - interval '5 seconds')
  AND ('*' IN ($cdn) OR current_cdn IN ($cdn))
GROUP BY 1, 2
ORDER BY 1, 2;

-- switches: sessions a minute that went to another CDN, by the one that they left; of the last hour of the range
SELECT date_trunc('minute', time) AS time, 60 AS seconds, before AS metric, count(*) AS value
FROM (SELECT time, current_cdn, lag(current_cdn) OVER (PARTITION BY session_id ORDER BY time) AS before
      FROM content_sessions
      WHERE $__timeFilter(time) AND time >= least($__timeTo()::timestamptz, now()) - interval '1 hour') AS beats
WHERE before <> current_cdn AND ('*' IN ($cdn) OR before IN ($cdn))
GROUP BY 1, 3
ORDER BY 1, 3;

-- mean_bitrate: Mbit/s of one session, by window and CDN; not of a window with a few late events only
WITH seen AS (
    SELECT window_start, window_seconds, current_cdn, kilobits, session_seconds,
           sum(session_seconds) OVER (PARTITION BY window_start) AS together
    FROM traffic_by_cdn
    WHERE $__timeFilter(window_start)
)
SELECT window_start AS time, window_seconds AS seconds, current_cdn AS metric,
       kilobits / 1000.0 / nullif(session_seconds, 0) AS value
FROM seen
WHERE together >= 0.02 * (SELECT max(together) FROM seen)
  AND ('*' IN ($cdn) OR current_cdn IN ($cdn))
ORDER BY 1, 2;

-- rebuffer_now: percent of the time watched that players stood still, the last full window, of those who say so
SELECT 100.0 * sum(rebuffer_ms) / 1000.0 / nullif(sum(reported_seconds), 0) AS stalled
FROM quality_by_cdn
WHERE window_start = (SELECT last_full_window('quality_by_cdn_and_asn', $__timeTo()))
  AND ('*' IN ($cdn) OR current_cdn IN ($cdn));

-- startup_now: seconds until the first picture, of all but the slowest twentieth; the last five minutes
SELECT startup_quantile(ARRAY[sum(startups_from_0), sum(startups_from_250), sum(startups_from_500),
                              sum(startups_from_1000), sum(startups_from_2000), sum(startups_from_4000),
                              sum(startups_from_8000)]::bigint[], 0.95) / 1000 AS startup
FROM quality_by_cdn
WHERE window_start > least($__timeTo()::timestamptz, now()) - interval '5 minutes'
                     - (SELECT window_length('quality_by_cdn_and_asn', $__timeTo()))
  AND window_start <= $__timeTo()
  AND ('*' IN ($cdn) OR current_cdn IN ($cdn));

-- rebuffer_by_cdn: percent of the time watched that players stood still, by window
SELECT window_start AS time, window_seconds AS seconds, current_cdn AS metric, 100 * rebuffer_ratio AS value
FROM quality_by_cdn
WHERE $__timeFilter(window_start) AND rebuffer_ratio IS NOT NULL
  AND ('*' IN ($cdn) OR current_cdn IN ($cdn))
ORDER BY 1, 2;

-- stalled_by_cdn: sessions that stalled, by window
SELECT window_start AS time, window_seconds AS seconds, current_cdn AS metric, stalled_sessions AS value
FROM quality_by_cdn
WHERE $__timeFilter(window_start) AND ('*' IN ($cdn) OR current_cdn IN ($cdn))
ORDER BY 1, 2;

-- startup_by_cdn: seconds until the first picture, of all but the slowest twentieth, by window
SELECT window_start AS time, window_seconds AS seconds, current_cdn AS metric, startup_ms_p95 / 1000 AS value
FROM quality_by_cdn
WHERE $__timeFilter(window_start) AND startup_ms_p95 IS NOT NULL
  AND ('*' IN ($cdn) OR current_cdn IN ($cdn))
ORDER BY 1, 2;

-- throughput_by_cdn: Mbit/s that the slowest twentieth of players measure, by window
SELECT window_start AS time, window_seconds AS seconds, current_cdn AS metric, throughput_kbps_p05 / 1000 AS value
FROM quality_by_cdn
WHERE $__timeFilter(window_start) AND throughput_kbps_p05 IS NOT NULL
  AND ('*' IN ($cdn) OR current_cdn IN ($cdn))
ORDER BY 1, 2;
