-- What "Media" asks. Lines end with the last full window, as in content_steering.sql. Rates are by minute,
-- however long windows are.

-- event_types: to choose from
SELECT DISTINCT event_type FROM media_events_by_type_per_hour
WHERE window_start >= date_trunc('hour', $__timeFrom()::timestamptz, 'UTC') AND window_start <= $__timeTo()
ORDER BY 1;

-- content_types: to choose from
SELECT DISTINCT content_type FROM media_events_by_type_per_hour
WHERE window_start >= date_trunc('hour', $__timeFrom()::timestamptz, 'UTC') AND window_start <= $__timeTo()
ORDER BY 1;

-- plays_now: a minute, in the last full window
SELECT coalesce(sum(events * 60.0 / window_seconds), 0) AS plays
FROM media_events_by_type
WHERE window_start = (SELECT last_full_window('media_events_by_type', $__timeTo()))
  AND event_type = 'play' AND ('*' IN ($content_type) OR content_type IN ($content_type));

-- stops_now: a minute, in the last full window
SELECT coalesce(sum(events * 60.0 / window_seconds), 0) AS stops
FROM media_events_by_type
WHERE window_start = (SELECT last_full_window('media_events_by_type', $__timeTo()))
  AND event_type = 'stop' AND ('*' IN ($content_type) OR content_type IN ($content_type));

-- plays_per_end: how many plays there are for each pause or stop, over the whole range; a resume is a play
SELECT sum(events) FILTER (WHERE event_type = 'play')
       / nullif(sum(events) FILTER (WHERE event_type IN ('pause', 'stop')), 0) AS balance
FROM media_events_by_type
WHERE $__timeFilter(window_start) AND ('*' IN ($content_type) OR content_type IN ($content_type));

-- events_by_type: a minute
SELECT window_start AS time, max(window_seconds) AS seconds, event_type AS metric,
       sum(events * 60.0 / window_seconds) AS value
FROM media_events_by_type
WHERE $__timeFilter(window_start)
  AND ('*' IN ($event_type) OR event_type IN ($event_type))
  AND ('*' IN ($content_type) OR content_type IN ($content_type))
GROUP BY window_start, event_type
ORDER BY 1, 3;

-- events_by_content_type: a minute
SELECT window_start AS time, max(window_seconds) AS seconds, content_type AS metric,
       sum(events * 60.0 / window_seconds) AS value
FROM media_events_by_type
WHERE $__timeFilter(window_start)
  AND ('*' IN ($event_type) OR event_type IN ($event_type))
  AND ('*' IN ($content_type) OR content_type IN ($content_type))
GROUP BY window_start, content_type
ORDER BY 1, 3;

-- balance: plays and stops a minute, and how many more began than ended
SELECT window_start AS time, max(window_seconds) AS seconds, metric, sum(value * 60.0 / window_seconds) AS value
FROM media_events_by_type,
     LATERAL (VALUES ('Plays', CASE event_type WHEN 'play' THEN events ELSE 0 END),
                     ('Stops', CASE event_type WHEN 'stop' THEN events ELSE 0 END),
                     ('Balance', CASE event_type WHEN 'play' THEN events WHEN 'stop' THEN -events ELSE 0 END))
         AS counted (metric, value)
WHERE $__timeFilter(window_start)
  AND ('*' IN ($content_type) OR content_type IN ($content_type))
GROUP BY window_start, metric
ORDER BY 1, 3;

-- most_watched: by plays in the range (content_plays would first add up by window). No window knows the kind of
-- content. Where one is chosen, the raw rows of the last three hours tell it.
SELECT title AS "Title", sum(plays) AS "Plays", sum(stops) AS "Stops", sum(plays) - sum(stops) AS "Balance"
FROM content_plays_windows
WHERE $__timeFilter(window_start)
  AND ('*' IN ($content_type)
       OR content_id IN (SELECT content_id FROM media_events
                         WHERE $__timeFilter(event_time)
                           AND event_time > least($__timeTo()::timestamptz, now()) - interval '3 hours'
                           AND content_type IN ($content_type)))
GROUP BY content_id, title
ORDER BY "Plays" DESC, title
LIMIT 20;

-- by_platform: events of the last quarter of an hour, from raw rows
SELECT event_source AS "Platform", count(*) AS "Events"
FROM media_events
WHERE event_time > least($__timeTo()::timestamptz, now()) - interval '15 minutes' AND event_time <= $__timeTo()
  AND ('*' IN ($event_type) OR event_type IN ($event_type))
  AND ('*' IN ($content_type) OR content_type IN ($content_type))
GROUP BY 1
ORDER BY 2 DESC, 1
LIMIT 15;

-- by_language: events of the last quarter of an hour, from raw rows
SELECT language AS "Language", count(*) AS "Events"
FROM media_events
WHERE event_time > least($__timeTo()::timestamptz, now()) - interval '15 minutes' AND event_time <= $__timeTo()
  AND ('*' IN ($event_type) OR event_type IN ($event_type))
  AND ('*' IN ($content_type) OR content_type IN ($content_type))
GROUP BY 1
ORDER BY 2 DESC, 1
LIMIT 15;

-- week_by_type: events by hour, full hours only
SELECT window_start AS time, event_type AS metric, sum(events) AS value
FROM media_events_by_type_per_hour
WHERE $__timeFilter(window_start) AND window_start <= now() - interval '1 hour 5 seconds'
  AND ('*' IN ($event_type) OR event_type IN ($event_type))
  AND ('*' IN ($content_type) OR content_type IN ($content_type))
GROUP BY 1, 2
ORDER BY 1, 2;
