-- found: those that are asked for, behind the last one that was given, in the order of their keys
SELECT time, topic, partition, "offset", epoch, reason, detail, context, payload, stored_at,
       replay_topic, replay_partition, replay_offset, replayed_at
FROM event_dead_letters
WHERE ($1::text[] IS NULL OR topic = ANY ($1))
  AND ($2::text[] IS NULL OR reason = ANY ($2))
  AND ($3::timestamptz IS NULL OR time >= $3)
  AND ($4::timestamptz IS NULL OR time < $4)
  AND ($5::text[] IS NULL OR format('%s-%s-%s', topic, partition, "offset") = ANY ($5))
  AND ($6::boolean OR replay_topic IS NULL)
  AND ($7::timestamptz IS NULL
       OR (time, topic, partition, "offset", epoch) > ($7, $8::text, $9::int4, $10::int8, $11::int4))
ORDER BY time, topic, partition, "offset", epoch
LIMIT $12;

-- counted: how many there are of each topic and reason
SELECT topic, reason, count(*)::int8 AS letters, count(replayed_at)::int8 AS replayed
FROM event_dead_letters
WHERE ($1::text[] IS NULL OR topic = ANY ($1))
  AND ($2::text[] IS NULL OR reason = ANY ($2))
  AND ($3::timestamptz IS NULL OR time >= $3)
  AND ($4::timestamptz IS NULL OR time < $4)
  AND ($5::text[] IS NULL OR format('%s-%s-%s', topic, partition, "offset") = ANY ($5))
  AND ($6::boolean OR replay_topic IS NULL)
GROUP BY topic, reason
ORDER BY topic, reason;

-- unsettled_topics: where those were sent to
SELECT DISTINCT replay_topic FROM event_dead_letters
WHERE replay_topic IS NOT NULL AND replayed_at IS NULL
ORDER BY replay_topic;

-- unsettled: those of which nobody knows yet whether they were sent
SELECT time, topic, partition, "offset", epoch, replay_partition, replay_offset
FROM event_dead_letters
WHERE replay_topic = $1 AND replayed_at IS NULL;

-- begin: about to be sent; one that another command has begun or sent is left alone
UPDATE event_dead_letters AS letter
SET replay_topic = $1, replay_partition = begun.replay_partition, replay_offset = begun.replay_offset
FROM unnest($2::timestamptz[], $3::text[], $4::int4[], $5::int8[], $6::int4[], $7::int4[], $8::int8[])
    AS begun (time, topic, partition, kafka_offset, epoch, replay_partition, replay_offset)
WHERE letter.time = begun.time AND letter.topic = begun.topic AND letter.partition = begun.partition
  AND letter."offset" = begun.kafka_offset AND letter.epoch = begun.epoch
  AND letter.replay_topic IS NULL;

-- settle: sent, or (without an offset) not sent after all
UPDATE event_dead_letters AS letter
SET replay_topic = CASE WHEN settled.replay_offset IS NOT NULL THEN letter.replay_topic END,
    replay_partition = CASE WHEN settled.replay_offset IS NOT NULL THEN letter.replay_partition END,
    replay_offset = settled.replay_offset,
    replayed_at = CASE WHEN settled.replay_offset IS NOT NULL THEN now() END
FROM unnest($1::timestamptz[], $2::text[], $3::int4[], $4::int8[], $5::int4[], $6::int8[])
    AS settled (time, topic, partition, kafka_offset, epoch, replay_offset)
WHERE letter.time = settled.time AND letter.topic = settled.topic AND letter.partition = settled.partition
  AND letter."offset" = settled.kafka_offset AND letter.epoch = settled.epoch
  AND letter.replay_topic IS NOT NULL AND letter.replayed_at IS NULL;
