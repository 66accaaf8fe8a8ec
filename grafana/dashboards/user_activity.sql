-- What "User activity" asks. Lines end with the last full window, as in content_steering.sql; what says
-- "so far" counts the unfinished one too. Rates are by minute, however long windows are.

-- event_types: to choose from
SELECT DISTINCT event_type FROM user_activity_by_type_per_hour
WHERE window_start >= date_trunc('hour', $__timeFrom()::timestamptz, 'UTC') AND window_start <= $__timeTo()
ORDER BY 1;

-- counted: events in the range, so far (the panel's own begins at midnight, today's or yesterday's)
SELECT coalesce(sum(events), 0) AS events
FROM user_activity_by_type
WHERE $__timeFilter(window_start) AND ('*' IN ($event_type) OR event_type IN ($event_type));

-- rate_now: events a minute, in the last full window
SELECT coalesce(sum(events * 60.0 / window_seconds), 0) AS events
FROM user_activity_by_type
WHERE window_start = (SELECT last_full_window('user_activity_by_type', $__timeTo()))
  AND ('*' IN ($event_type) OR event_type IN ($event_type));

-- rate: events a minute by type
SELECT window_start AS time, window_seconds AS seconds, event_type AS metric,
       events * 60.0 / window_seconds AS value
FROM user_activity_by_type
WHERE $__timeFilter(window_start)
  AND ('*' IN ($event_type) OR event_type IN ($event_type))
ORDER BY 1, 2;

-- distribution: events by type in the range
SELECT event_type AS "Type", sum(events) AS "Events"
FROM user_activity_by_type
WHERE $__timeFilter(window_start) AND ('*' IN ($event_type) OR event_type IN ($event_type))
GROUP BY 1
ORDER BY 1;

-- top_users: the five with the most events in the last hour (user_event_summary would first add up by window)
SELECT user_id AS "User", sum(events) AS "Events"
FROM user_event_summary_windows
WHERE window_start > least($__timeTo()::timestamptz, now()) - interval '1 hour' AND window_start <= $__timeTo()
  AND ('*' IN ($event_type) OR event_type IN ($event_type))
GROUP BY 1
ORDER BY 2 DESC, 1
LIMIT 5;

-- by_hour: events of each full hour
SELECT window_start AS time, event_type AS metric, events AS value
FROM user_activity_by_type_per_hour
WHERE $__timeFilter(window_start) AND window_start <= now() - interval '1 hour 5 seconds'
  AND ('*' IN ($event_type) OR event_type IN ($event_type))
ORDER BY 1, 2;

-- growth: events of each day (UTC), today's so far, and all of them up to that day; zero where there were none, since
-- one bar alone would be as wide as the panel
SELECT day AS time, coalesce(sum(events), 0) AS "Each day",
       sum(coalesce(sum(events), 0)) OVER (ORDER BY day) AS "Together"
FROM generate_series(date_trunc('day', $__timeFrom()::timestamptz, 'UTC'),
                     date_trunc('day', $__timeTo()::timestamptz, 'UTC'), interval '1 day') AS day
LEFT JOIN user_activity_by_type_per_day
       ON window_start = day AND ('*' IN ($event_type) OR event_type IN ($event_type))
GROUP BY day
ORDER BY 1;
