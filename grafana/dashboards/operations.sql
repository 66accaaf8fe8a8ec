-- What "Operations" asks the database. The rest it asks Prometheus.

-- rows_by_minute: rows of each minute of event time, minutes without any included
SELECT window_start AS time, stream AS metric, rows AS value
FROM ingestion_per_minute
WHERE $__timeFilter(window_start)
  AND window_start < date_trunc('minute', now() - interval '5 seconds')
ORDER BY 1, 2;

-- newest: how far each stream is stored
SELECT topic AS "Topic",
       count(*) AS "Partitions",
       to_timestamp(max(last_timestamp) / 1000.0) AS "Newest record",
       extract(epoch FROM now() - to_timestamp(max(last_timestamp) / 1000.0))::double precision AS "Age",
       sum(last_offset + 1)::bigint AS "Records",
       max(epoch) AS "Epoch"
FROM stream_positions
GROUP BY topic
ORDER BY topic;

-- oldest: seconds since the newest stored record of the stream that has been silent for longest, of those that ran in
-- the last day and whose silence is not normal
SELECT max(greatest(extract(epoch FROM least($__timeTo()::timestamptz, now()) - stored), 0))::double precision AS seconds
FROM (SELECT topic, to_timestamp(max(last_timestamp) / 1000.0) AS stored FROM stream_positions GROUP BY topic) AS newest
WHERE stored > now() - interval '1 day'
  AND NOT EXISTS (SELECT FROM alert_settings, jsonb_array_elements_text(value) AS quiet
                  WHERE name = 'quiet_streams' AND right(topic, length(quiet)) = quiet);

-- reasons: to choose from
SELECT DISTINCT reason FROM event_dead_letters WHERE $__timeFilter(time) ORDER BY 1;

-- refused_rows: the latest of them, with the begin of their bytes
SELECT time AS "Time", topic AS "Topic", partition AS "Partition", "offset" AS "Offset", reason AS "Reason",
       detail AS "Detail", left(encode(payload, 'escape'), 200) AS "Payload"
FROM event_dead_letters
WHERE $__timeFilter(time) AND ('*' IN ($reason) OR reason IN ($reason))
ORDER BY time DESC
LIMIT 50;

-- refused: what was refused in the range, and why; the detail is the latest of its kind
SELECT topic AS "Topic", reason AS "Reason", count(*) AS "Records", max(time) AS "Latest",
       (array_agg(detail ORDER BY time DESC))[1] AS "Detail of the latest"
FROM event_dead_letters
WHERE $__timeFilter(time)
GROUP BY topic, reason
ORDER BY 3 DESC, 1, 2
LIMIT 50;
