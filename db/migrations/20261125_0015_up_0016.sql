-- What varies from one dead letter to the next stands beside `detail`, which therefore groups. Empty in rows of
-- older workers, which go on writing beside this.
SET LOCAL lock_timeout = '2s';

ALTER TABLE event_dead_letters ADD COLUMN context text;
