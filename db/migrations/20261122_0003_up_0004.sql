-- Tables of the first release become kept ones, in three steps, while its workers go on writing: here
-- the short locks, then the long look at all rows without one (0005), then short locks again (0006).
-- A statement that waits for a lock makes every writer behind it wait: it gives up early, and
-- db/migrate.py comes again.
SET LOCAL lock_timeout = '2s';

SELECT bound_past('content_sessions', 'time', 'raw');
SELECT bound_past('traffic_by_cdn_and_asn_windows', 'window_start', 'windows');
SELECT bound_past('traffic_by_cdn_windows', 'window_start', 'windows');
SELECT bound_past('traffic_by_asn_windows', 'window_start', 'windows');

DO $bound$
DECLARE
    kept kept_tables;
BEGIN
    IF has_timescaledb() THEN
        RETURN; -- it moves the rows itself
    END IF;
    -- content_sessions first, as its workers lock it first
    FOR kept IN SELECT * FROM kept_tables WHERE name = 'content_sessions' OR name LIKE 'traffic%' ORDER BY name LOOP
        EXECUTE format('ALTER TABLE %I ADD CONSTRAINT is_past CHECK (%I < %L) NOT VALID',
                       kept.name, kept.time_column, kept.past_ends);
    END LOOP;
END
$bound$;

-- How long a window is stands in its row: a length that is changed later leaves the past as it was.
-- It is no part of the key, since workers of the first release merge rows by the key that they know.
ALTER TABLE traffic_by_cdn_windows ADD COLUMN window_seconds integer NOT NULL DEFAULT 60;
ALTER TABLE traffic_by_asn_windows ADD COLUMN window_seconds integer NOT NULL DEFAULT 60;
ALTER TABLE traffic_by_cdn_and_asn_windows ADD COLUMN window_seconds integer NOT NULL DEFAULT 60;
