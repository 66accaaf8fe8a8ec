-- A dead letter knows that it was sent again: `headrace dead-letters replay`. Empty in rows of older workers, which
-- go on writing beside this. While replayed_at is null the offset says from where on to look for the record.
SET LOCAL lock_timeout = '2s';

ALTER TABLE event_dead_letters
    ADD COLUMN replay_topic     text,
    ADD COLUMN replay_partition integer,
    ADD COLUMN replay_offset    bigint,
    ADD COLUMN replayed_at      timestamptz;
