-- rows: how many there are, all told
SELECT count(*) FROM content_sessions;

-- dead_letters: how many there are for each reason
SELECT reason, count(*) FROM event_dead_letters WHERE topic = $1 GROUP BY reason;

-- windows: each minute's totals, as the view gives them to everybody
SELECT window_start, current_cdn, events, kilobits FROM traffic_by_cdn;

-- positions: the next offset to store, by partition
SELECT kafka_partition, last_offset + 1 FROM stream_positions WHERE topic = $1;
