-- What "Content steering" asks. A line ends with the last full window: one that still fills would look
-- like a fall. A window counts as full five seconds after its end, when what came late is stored too.
-- Windows are a minute long, or as HEADRACE_WINDOW_SECONDS says. What gives `seconds` becomes a line with
-- gaps (grafana/queries.py, by_window), which leaves out the window that still fills.

-- cdns: to choose from
SELECT cdn_name FROM cdn_capacity
UNION
SELECT current_cdn FROM traffic_by_cdn_per_hour
WHERE window_start >= date_trunc('hour', $__timeFrom()::timestamptz, 'UTC') AND window_start <= $__timeTo()
ORDER BY 1;

-- asns: to choose from
SELECT DISTINCT asn::text AS asn FROM traffic_by_asn
WHERE window_start > least($__timeTo()::timestamptz, now()) - interval '15 minutes'
                     - (SELECT window_length('traffic_by_asn', $__timeTo()))
  AND window_start <= $__timeTo()
ORDER BY 1;

-- traffic_now: Mbit/s of all chosen CDNs in the last full window
SELECT coalesce(sum(traffic_mbps), 0) AS traffic
FROM traffic_by_cdn
WHERE window_start = (SELECT last_full_window('traffic_by_cdn', $__timeTo()))
  AND ('*' IN ($cdn) OR current_cdn IN ($cdn));

-- sessions_now: mean number of sessions in the last full window
SELECT coalesce(sum(concurrent_sessions), 0) AS sessions
FROM traffic_by_cdn
WHERE window_start = (SELECT last_full_window('traffic_by_cdn', $__timeTo()))
  AND ('*' IN ($cdn) OR current_cdn IN ($cdn));

-- headroom_now: percent of the capacity of all chosen CDNs that is free; nothing where nothing is carried
SELECT 100 * (1 - sum(traffic_mbps) / nullif(sum(max_capacity_mbps), 0)) AS free
FROM cdn_capacity
LEFT JOIN traffic_by_cdn
       ON current_cdn = cdn_name
      AND window_start = (SELECT last_full_window('traffic_by_cdn', $__timeTo()))
WHERE '*' IN ($cdn) OR cdn_name IN ($cdn);

-- fullest_now: the highest usage of one CDN, percent of its capacity; nothing where nothing is carried
SELECT max(100 * traffic_mbps / nullif(max_capacity_mbps, 0)) AS used
FROM cdn_capacity
LEFT JOIN traffic_by_cdn
       ON current_cdn = cdn_name
      AND window_start = (SELECT last_full_window('traffic_by_cdn', $__timeTo()))
WHERE '*' IN ($cdn) OR cdn_name IN ($cdn);

-- usage_now: usage of each CDN, percent of its capacity
SELECT cdn_name AS "CDN", 100 * coalesce(traffic_mbps, 0) / nullif(max_capacity_mbps, 0) AS "Used"
FROM cdn_capacity
LEFT JOIN traffic_by_cdn
       ON current_cdn = cdn_name
      AND window_start = (SELECT last_full_window('traffic_by_cdn', $__timeTo()))
WHERE '*' IN ($cdn) OR cdn_name IN ($cdn)
ORDER BY 1;

-- capacity: what each CDN carries and could carry; without a capacity where none is set
SELECT coalesce(cdn_name, current_cdn) AS "CDN",
       coalesce(traffic_mbps, 0) AS "Traffic",
       max_capacity_mbps AS "Capacity",
       max_capacity_mbps - coalesce(traffic_mbps, 0) AS "Headroom",
       100 * coalesce(traffic_mbps, 0) / nullif(max_capacity_mbps, 0) AS "Used",
       coalesce(concurrent_sessions, 0) AS "Sessions"
FROM cdn_capacity
FULL JOIN (
    SELECT current_cdn, traffic_mbps, concurrent_sessions
    FROM traffic_by_cdn
    WHERE window_start = (SELECT last_full_window('traffic_by_cdn', $__timeTo()))
) AS carried ON current_cdn = cdn_name
WHERE '*' IN ($cdn) OR coalesce(cdn_name, current_cdn) IN ($cdn)
ORDER BY "CDN";

-- traffic_by_cdn: Mbit/s by window
SELECT window_start AS time, window_seconds AS seconds, current_cdn AS metric, traffic_mbps AS value
FROM traffic_by_cdn
WHERE $__timeFilter(window_start)
  AND ('*' IN ($cdn) OR current_cdn IN ($cdn))
ORDER BY 1, 2;

-- usage_by_cdn: percent of capacity by window
SELECT window_start AS time, window_seconds AS seconds, current_cdn AS metric,
       100 * traffic_mbps / nullif(max_capacity_mbps, 0) AS value
FROM traffic_by_cdn
JOIN cdn_capacity ON cdn_name = current_cdn
WHERE $__timeFilter(window_start)
  AND ('*' IN ($cdn) OR current_cdn IN ($cdn))
ORDER BY 1, 2;

-- sessions_by_cdn: mean number of sessions by window
SELECT window_start AS time, window_seconds AS seconds, current_cdn AS metric, concurrent_sessions AS value
FROM traffic_by_cdn
WHERE $__timeFilter(window_start)
  AND ('*' IN ($cdn) OR current_cdn IN ($cdn))
ORDER BY 1, 2;

-- share_by_cdn: percent of the traffic of all CDNs by window; not of one with a few late events only
WITH carried AS (
    SELECT window_start, window_seconds, current_cdn, traffic_mbps,
           sum(traffic_mbps) OVER (PARTITION BY window_start) AS together
    FROM traffic_by_cdn
    WHERE $__timeFilter(window_start)
)
SELECT window_start AS time, window_seconds AS seconds, current_cdn AS metric,
       100 * traffic_mbps / nullif(together, 0) AS value
FROM carried
WHERE together >= 0.02 * (SELECT max(together) FROM carried)
  AND ('*' IN ($cdn) OR current_cdn IN ($cdn))
ORDER BY 1, 2;

-- capacity_by_time: of the chosen CDNs together, at the times that the line of traffic has
SELECT DISTINCT window_start AS time, window_seconds AS seconds, 'Capacity' AS metric, capacity AS value
FROM traffic_by_cdn,
     (SELECT sum(max_capacity_mbps)::double precision AS capacity
      FROM cdn_capacity WHERE '*' IN ($cdn) OR cdn_name IN ($cdn)) AS together
WHERE $__timeFilter(window_start) AND capacity IS NOT NULL
  AND ('*' IN ($cdn) OR current_cdn IN ($cdn))
ORDER BY 1;

-- week_before: Mbit/s of the same hours a week before; by window for a few hours, by hour for longer
WITH week AS (SELECT interval '7 days' AS before)
SELECT window_start + before AS time, window_seconds AS seconds, 'A week before' AS metric,
       sum(traffic_mbps) AS value
FROM week, traffic_by_cdn
WHERE window_start BETWEEN $__timeFrom()::timestamptz - before AND $__timeTo()::timestamptz - before
  AND $__timeTo()::timestamptz - $__timeFrom()::timestamptz <= interval '6 hours'
  AND ('*' IN ($cdn) OR current_cdn IN ($cdn))
GROUP BY window_start, window_seconds, before
UNION ALL
SELECT window_start + before, 3600, 'A week before', sum(traffic_mbps)
FROM week, traffic_by_cdn_per_hour
WHERE window_start BETWEEN $__timeFrom()::timestamptz - before AND $__timeTo()::timestamptz - before
  AND $__timeTo()::timestamptz - $__timeFrom()::timestamptz > interval '6 hours'
  AND ('*' IN ($cdn) OR current_cdn IN ($cdn))
GROUP BY window_start, before
ORDER BY 1;

-- carried_by_cdn: bytes in the whole range
SELECT current_cdn AS "CDN", sum(kilobits) * 125.0 AS "Carried"
FROM traffic_by_cdn
WHERE $__timeFilter(window_start) AND ('*' IN ($cdn) OR current_cdn IN ($cdn))
GROUP BY 1
ORDER BY 1;

-- traffic_by_asn: Mbit/s by window, of the ten networks with the most in the range
WITH most AS (
    SELECT asn FROM traffic_by_asn
    WHERE $__timeFilter(window_start) AND ('*' IN ($asn) OR asn::text IN ($asn))
    GROUP BY asn ORDER BY sum(kilobits) DESC LIMIT 10
)
SELECT window_start AS time, window_seconds AS seconds, 'AS' || asn AS metric, traffic_mbps AS value
FROM traffic_by_asn JOIN most USING (asn)
WHERE $__timeFilter(window_start)
ORDER BY 1, 2;

-- pairs_now: which network comes through which CDN, the last full window
SELECT 'AS' || asn AS "Network", current_cdn AS "CDN",
       traffic_mbps AS "Traffic", concurrent_sessions AS "Sessions",
       kilobits / 1000.0 / nullif(session_seconds, 0) AS "Mean bitrate"
FROM traffic_by_cdn_and_asn
WHERE window_start = (SELECT last_full_window('traffic_by_cdn_and_asn', $__timeTo()))
  AND ('*' IN ($cdn) OR current_cdn IN ($cdn))
  AND ('*' IN ($asn) OR asn::text IN ($asn))
ORDER BY 3 DESC, 1, 2
LIMIT 50;

-- bitrates: viewing time by bitrate in the last five minutes, from raw rows
SELECT video_profile_kbps::text || ' kbit/s' AS "Bitrate", sum(heartbeat_seconds) / 300.0 AS "Sessions"
FROM content_sessions
WHERE time > least($__timeTo()::timestamptz, now()) - interval '5 minutes' AND time <= $__timeTo()
  AND ('*' IN ($cdn) OR current_cdn IN ($cdn))
  AND ('*' IN ($asn) OR asn::text IN ($asn))
GROUP BY video_profile_kbps
ORDER BY video_profile_kbps;

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

-- week_by_cdn: Mbit/s by hour, full hours only
SELECT window_start AS time, current_cdn AS metric, traffic_mbps AS value
FROM traffic_by_cdn_per_hour
WHERE $__timeFilter(window_start) AND window_start <= now() - interval '1 hour 5 seconds'
  AND ('*' IN ($cdn) OR current_cdn IN ($cdn))
ORDER BY 1, 2;
