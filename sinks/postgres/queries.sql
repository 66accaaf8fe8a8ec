-- add_partitions: partitions seen for the first time begin in their topic's newest epoch
INSERT INTO stream_positions (topic, kafka_partition, epoch)
SELECT topic, kafka_partition,
       COALESCE((SELECT max(epoch) FROM stream_positions p WHERE p.topic = wanted.topic), 1)
FROM unnest($1::text[], $2::int4[]) AS wanted (topic, kafka_partition)
ON CONFLICT DO NOTHING;

-- positions: how far the named partitions are stored; waits for a transaction that is just moving them
SELECT topic, kafka_partition, epoch, last_offset, last_timestamp, next_offset, leader_epoch, topic_id
FROM stream_positions
JOIN unnest($1::text[], $2::int4[]) AS wanted (topic, kafka_partition)
USING (topic, kafka_partition)
FOR SHARE OF stream_positions;

-- advance: compare and set, every partition of the flush; the caller counts the rows
UPDATE stream_positions AS held
SET last_offset = flush.last_offset,
    last_timestamp = flush.last_timestamp,
    next_offset = flush.next_offset,
    leader_epoch = flush.leader_epoch,
    topic_id = flush.topic_id
FROM unnest($1::text[], $2::int4[], $3::int4[], $4::int8[], $5::int8[], $6::int8[], $7::int8[], $8::int4[], $9::uuid[])
    AS flush (topic, kafka_partition, epoch, expected_offset, last_offset, last_timestamp, next_offset, leader_epoch, topic_id)
WHERE held.topic = flush.topic
  AND held.kafka_partition = flush.kafka_partition
  AND held.epoch = flush.epoch
  AND held.last_offset = flush.expected_offset;

-- note: what is known of positions that stay where they are; one that has moved is left alone
UPDATE stream_positions AS held
SET next_offset = noted.next_offset, leader_epoch = noted.leader_epoch, topic_id = noted.topic_id
FROM unnest($1::text[], $2::int4[], $3::int4[], $4::int8[], $5::int8[], $6::int4[], $7::uuid[])
    AS noted (topic, kafka_partition, epoch, last_offset, next_offset, leader_epoch, topic_id)
WHERE held.topic = noted.topic
  AND held.kafka_partition = noted.kafka_partition
  AND held.epoch = noted.epoch
  AND held.last_offset = noted.last_offset
  AND COALESCE(held.next_offset, 0) <= COALESCE(noted.next_offset, 0);

-- add_dead_letters: one row for each
INSERT INTO event_dead_letters
    (time, topic, partition, "offset", epoch, reason, detail, payload, context)
-- a producer may set any timestamp: what PostgreSQL has no time for becomes 1970 or 9999
SELECT to_timestamp(least(greatest(timestamp_ms, 0), 253402300799999) / 1000.0), topic, partition, kafka_offset, epoch, reason, detail, payload, context
FROM unnest(
    $1::int8[], $2::text[], $3::int4[], $4::int8[], $5::int4[], $6::text[], $7::text[], $8::bytea[], $9::text[]
) AS letter (timestamp_ms, topic, partition, kafka_offset, epoch, reason, detail, payload, context);

-- topic_positions: how far a topic is stored
SELECT kafka_partition, epoch, last_offset, last_timestamp, next_offset, leader_epoch, topic_id
FROM stream_positions
WHERE topic = $1;

-- new_epoch: partitions go on where they are told; a worker that still runs is fenced
UPDATE stream_positions AS held
SET epoch = newest.epoch + 1,
    last_offset = begun.last_offset,
    last_timestamp = begun.last_timestamp,
    next_offset = begun.next_offset,
    leader_epoch = begun.leader_epoch,
    topic_id = begun.topic_id
FROM (SELECT max(epoch) AS epoch FROM stream_positions WHERE topic = $1) AS newest,
     unnest($2::int4[], $3::int8[], $4::int8[], $5::int8[], $6::int4[], $7::uuid[])
         AS begun (kafka_partition, last_offset, last_timestamp, next_offset, leader_epoch, topic_id)
WHERE held.topic = $1 AND held.kafka_partition = begun.kafka_partition
RETURNING held.epoch;
