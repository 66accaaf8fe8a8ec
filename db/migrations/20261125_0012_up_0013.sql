-- What a role that may only read can do to those who write: nothing, if it can be helped.
SET LOCAL lock_timeout = '2s';

-- In the order of time, as they arrive. Apart from the column's own migration, whose lock keeps everybody out.
CREATE INDEX event_dead_letters_stored ON event_dead_letters USING brin (stored_at) WITH (pages_per_range = 32);
