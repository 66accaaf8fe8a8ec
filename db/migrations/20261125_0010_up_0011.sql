-- What a takeover needs to judge whether the topic still is what is stored. Empty until a worker of this
-- release moves the position, or takes the partition over.
SET LOCAL lock_timeout = '2s';

ALTER TABLE stream_positions
    ADD COLUMN next_offset bigint,
    ADD COLUMN leader_epoch integer,
    ADD COLUMN topic_id uuid;

COMMENT ON COLUMN stream_positions.next_offset IS
    'Where reading goes on: behind the last record, and behind transactions'' markers and aborted records';
COMMENT ON COLUMN stream_positions.leader_epoch IS
    'Kafka''s count of the partition''s leaders, of what lies before next_offset';
COMMENT ON COLUMN stream_positions.topic_id IS 'Kafka''s id of the topic, which no other topic ever has';

-- An older worker, or a person, moves last_offset alone: the rest then speaks of another place.
CREATE FUNCTION forget_what_is_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.next_offset := NULL;
    NEW.leader_epoch := NULL;
    NEW.topic_id := NULL;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION forget_what_is_stale IS
    'Empties what stream_positions says beside last_offset where only last_offset was moved';

CREATE TRIGGER forget_what_is_stale BEFORE UPDATE ON stream_positions
    FOR EACH ROW
    WHEN (NEW.last_offset <> OLD.last_offset AND NEW.next_offset IS NOT DISTINCT FROM OLD.next_offset)
    EXECUTE FUNCTION forget_what_is_stale();
