-- What "On ClickHouse" asks the tables and views of a ClickHouse sink (docs/guides/clickhouse.md).

-- stored_by_minute: records by the minute in which they were stored, dead letters included
SELECT toStartOfMinute(stored_at) AS time, 'good rows' AS metric, toFloat64(count()) AS value
FROM content_sessions WHERE $__timeFilter(stored_at) GROUP BY time
UNION ALL
SELECT toStartOfMinute(stored_at) AS time, 'dead letters' AS metric, toFloat64(count()) AS value
FROM content_sessions_dead_letters WHERE $__timeFilter(stored_at) GROUP BY time
ORDER BY time, metric;

-- seconds_late: from a record's timestamp to its being stored, of the records of each minute
SELECT toStartOfMinute(stored_at) AS time,
       quantile(0.5)(dateDiff('second', kafka_timestamp, stored_at)) AS p50,
       quantile(0.99)(dateDiff('second', kafka_timestamp, stored_at)) AS p99
FROM content_sessions
WHERE $__timeFilter(stored_at)
GROUP BY time
ORDER BY time;

-- traffic: Mbit/s by CDN, of windows that are over
SELECT window_start AS time, toString(current_cdn) AS metric, kilobits / 60 / 1000 AS value
FROM traffic_by_cdn
WHERE $__timeFilter(window_start) AND window_start < toStartOfMinute(now() - INTERVAL 5 SECOND)
ORDER BY time, metric;

-- sessions: how many sessions there were, and at which bitrate, by channel
SELECT toString(channel) AS "Channel",
       toFloat64(uniq(session_id)) AS "Sessions",
       1000 * avg(video_profile_kbps) AS "Mean bitrate"
FROM content_sessions
WHERE $__timeFilter(time)
GROUP BY channel
ORDER BY "Sessions" DESC, "Channel"
LIMIT 20;

-- closes: the last price of each window by product
SELECT window_start AS time, toString(product_id) AS metric, toFloat64(close) AS value
FROM candles_by_product
WHERE $__timeFilter(window_start) AND window_start < toStartOfMinute(now() - INTERVAL 5 SECOND)
ORDER BY time, metric;

-- letters: records that are no rows, by reason, with the words of one of them
SELECT toString(refused) AS "Reason", toFloat64(count()) AS "Records", any(refused_detail) AS "For example"
FROM content_sessions_dead_letters
WHERE $__timeFilter(stored_at)
GROUP BY refused
ORDER BY "Records" DESC, "Reason";

-- tables: what each table holds, and on how many bytes of disk
SELECT name AS "Table",
       toFloat64(total_rows) AS "Rows",
       toFloat64(total_bytes) AS "Bytes",
       toFloat64(total_bytes) / total_rows AS "Bytes a row"
FROM system.tables
WHERE database = currentDatabase() AND total_rows > 0
ORDER BY "Bytes" DESC, "Table";
